/* Proofs as the log's proof routes answer them: one map, in CBOR or as its JSON view. */
#ifndef VOUCH_CLIENT_VERIFY_PROOF_VIEW_H
#define VOUCH_CLIENT_VERIFY_PROOF_VIEW_H

#include "base/err.h"
#include "merkle/node.h"

struct consistency_view {
    uint64_t old_size;
    uint64_t new_size;
    struct proof proof;
};

/* Reads {"old_size", "new_size", "hashes"}; other members are ignored. */
MUST_USE bool consistency_view_parse(struct consistency_view *out, struct bytes body,
                                     struct err *err);

/* Appends the JSON form, which consistency_view_parse reads back. */
void consistency_view_append_json(struct buf *out, const struct consistency_view *view);

struct inclusion_view {
    uint64_t index;
    uint64_t size;
    struct proof proof;
};

/* Reads {"index", "size", "hashes"}; other members are ignored. */
MUST_USE bool inclusion_view_parse(struct inclusion_view *out, struct bytes body, struct err *err);

#endif
