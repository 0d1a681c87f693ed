/* The seal: the record with which the log itself ends every commit of an evidence log. */
#ifndef VOUCH_SCHEMAS_SEAL_H
#define VOUCH_SCHEMAS_SEAL_H

#include "schemas/seal_flags.h"
#include "schemas/statement.h"

struct seal {
    uint64_t first_index;     /* the commit's first entry */
    uint64_t entry_count;     /* entries before the seal; its own index is first_index + entry_count */
    uint64_t received_at_ms;  /* receive time of the batch: max(previous, clock) */
    struct hash root;         /* root of the tree of size first_index + entry_count */
    struct hash previous;     /* leaf hash of the previous seal; zeros in the first one */
    struct bytes rules_id;    /* of the admission rules in force, text; borrowed, like all that */
    struct bytes rules_version; /* follows */
    struct bytes flags;         /* as seal_flags_encode writes them; empty: there are none */
};

/* Appends the record (deterministic CBOR, type "seal"). */
void seal_encode(struct buf *out, const struct seal *seal);
MUST_USE bool seal_decode(struct seal *out, struct bytes record, struct err *err);

#endif
