/* An entry as a map: what GET /v1/entries/{index} of a log and of its mirrors answers. */
#ifndef VOUCH_SCHEMAS_ENTRY_ITEM_H
#define VOUCH_SCHEMAS_ENTRY_ITEM_H

#include "base/err.h"
#include "merkle/hash.h"

struct entry_item {
    uint64_t index;
    struct bytes entry;
    struct hash leaf_hash;
    struct bytes flags;   /* encoded; empty: there are none */
    bool has_commit;      /* the next two are known */
    uint64_t head_size;   /* of the first head that covers it */
    uint64_t received_at_ms;
};

/* Appends the map for an entry of an opaque log. */
void entry_item_append_opaque(struct buf *out, const struct entry_item *item);

/* The same for an evidence log, with what its statement says. ERR_CORRUPT: it is none. */
MUST_USE bool entry_item_append_statement(struct buf *out, const struct entry_item *item,
                                          struct err *err);

#endif
