/* The seal: the record with which the log itself ends every commit of an evidence log. */
#ifndef VOUCH_SCHEMAS_SEAL_H
#define VOUCH_SCHEMAS_SEAL_H

#include "schemas/statement.h"

struct seal {
    uint64_t first_index;     /* the commit's first entry */
    uint64_t entry_count;     /* entries before the seal; its own index is first_index + entry_count */
    uint64_t received_at_ms;  /* receive time of the batch: max(previous, clock) */
    struct hash root;         /* root of the tree of size first_index + entry_count */
    struct hash previous;     /* leaf hash of the previous seal; zeros in the first one */
};

/* Names and version of the admission rules in force, as written into each seal. */
#define SEAL_RULES_ID "vouch-admission"
#define SEAL_RULES_VERSION "0"

/* Appends the record (deterministic CBOR, type "seal"). Flags are empty and therefore absent. */
void seal_encode(struct buf *out, const struct seal *seal);
MUST_USE bool seal_decode(struct seal *out, struct bytes record, struct err *err);

#endif
