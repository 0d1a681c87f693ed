/* The seal: the record with which the log itself ends every commit of an evidence log. */
#ifndef VOUCH_SCHEMAS_SEAL_H
#define VOUCH_SCHEMAS_SEAL_H

#include "schemas/seal_flags.h"
#include "schemas/statement.h"

/* A head with the witness quorum that the log had seen when it sealed a commit. */
struct seal_witnessed {
    uint64_t size;               /* at most the seal's first_index; 0: the log had seen none */
    uint64_t witnessed_at_ms;    /* Unix time of the cosignature that completed the quorum */
    struct hash checkpoint_hash; /* SHA-256 of the signed note, cosignatures included */
};

struct seal {
    uint64_t first_index;     /* the commit's first entry */
    uint64_t entry_count;     /* entries before the seal; its own index is first_index + entry_count */
    uint64_t received_at_ms;  /* receive time of the batch: max(previous, clock) */
    struct hash root;         /* root of the tree of size first_index + entry_count */
    struct hash previous;     /* leaf hash of the previous seal; zeros in the first one */
    struct bytes rules_id;    /* of the admission rules in force, text; borrowed, like all that */
    struct bytes rules_version; /* follows */
    struct bytes flags;         /* as seal_flags_encode writes them; empty: there are none */
    struct seal_witnessed witnessed;
};

/* Appends the record (deterministic CBOR, type "seal"). */
void seal_encode(struct buf *out, const struct seal *seal);
MUST_USE bool seal_decode(struct seal *out, struct bytes record, struct err *err);

#endif
