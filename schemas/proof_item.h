/* Proofs as maps: what GET /v1/proof/… of a log and of its mirrors answers. */
#ifndef VOUCH_SCHEMAS_PROOF_ITEM_H
#define VOUCH_SCHEMAS_PROOF_ITEM_H

#include "merkle/node.h"

/* {size, index, hashes} and {hashes, new_size, old_size}, in deterministic CBOR; appended. */
void proof_item_append_inclusion(struct buf *out, uint64_t index, uint64_t size,
                                 const struct proof *proof);
void proof_item_append_consistency(struct buf *out, uint64_t old_size, uint64_t new_size,
                                   const struct proof *proof);

#endif
