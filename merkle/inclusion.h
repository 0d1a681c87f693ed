/* Inclusion proofs (RFC 9162, 2.1.3): plan names nodes, prove combines them, check verifies. */
#ifndef VOUCH_MERKLE_INCLUSION_H
#define VOUCH_MERKLE_INCLUSION_H

#include "merkle/node.h"

/*
 * The nodes needed to prove the entry at index in the tree of size; index < size is checked.
 * Writes at most PLAN_NODES_MAX ids, returns how many.
 */
size_t inclusion_plan(struct node_id *out, uint64_t index, uint64_t size);

/* The proof, from the hashes that inclusion_plan named, in the same order. */
void inclusion_prove(struct proof *out, uint64_t index, uint64_t size, const struct hash *hashes);

/*
 * The root that leaf, index, size and proof lead to (RFC 9162, 2.1.3.2). False when there is
 * none: index outside the tree, or too few or too many hashes.
 */
MUST_USE bool inclusion_root(struct hash *out, const struct hash *leaf, uint64_t index,
                             uint64_t size, const struct proof *proof);

/* Whether proof shows leaf at index in the tree with this size and root. */
MUST_USE bool inclusion_check(const struct hash *leaf, uint64_t index, uint64_t size,
                              const struct hash *root, const struct proof *proof);

#endif
