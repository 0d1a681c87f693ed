/*
 * Subtrees of a tree and the proof that it has one (draft-ietf-plants-merkle-tree-certs-03, 4).
 * Witnesses cosign them: a consistency proof is the case that begins at 0.
 */
#ifndef VOUCH_MERKLE_SUBTREE_H
#define VOUCH_MERKLE_SUBTREE_H

#include "merkle/node.h"

/* Not empty, and begin is a multiple of the least power of two that is not below its width. */
bool subtree_is_valid(struct entry_range range);

/*
 * Whether proof shows that in the tree of this size and root the range, valid and within the size,
 * has this hash (4.4.3).
 */
MUST_USE bool subtree_check(struct entry_range range, const struct hash *hash, uint64_t size,
                            const struct hash *root, const struct proof *proof);

#endif
