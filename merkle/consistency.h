/* Consistency proofs (RFC 9162, 2.1.4): plan names nodes, prove combines them, check verifies. */
#ifndef VOUCH_MERKLE_CONSISTENCY_H
#define VOUCH_MERKLE_CONSISTENCY_H

#include "merkle/node.h"

/*
 * The nodes needed to prove that the tree of new_size extends the tree of old_size;
 * old_size <= new_size is checked. None when old_size is 0 or new_size. Writes at most
 * PLAN_NODES_MAX ids, returns how many.
 */
size_t consistency_plan(struct node_id *out, uint64_t old_size, uint64_t new_size);

/* The proof, from the hashes that consistency_plan named, in the same order. */
void consistency_prove(struct proof *out, uint64_t old_size, uint64_t new_size,
                       const struct hash *hashes);

/*
 * Both roots as the proof leads to them (RFC 9162, 2.1.4.2), for 0 < old_size < new_size. False
 * when it has too few or too many hashes. When old_size is a power of two the proof begins at
 * old_root itself. If *out_new is a root known to be real, *out_old is the real root of its
 * prefix: another old root is then shown to belong to another history.
 */
MUST_USE bool consistency_roots(struct hash *out_old, struct hash *out_new, uint64_t old_size,
                                const struct hash *old_root, uint64_t new_size,
                                const struct proof *proof);

/*
 * Whether proof shows that the tree with new_root extends the one with old_root (RFC 9162,
 * 2.1.4.2). The proof between equal sizes, and from the empty tree, is empty; the roots must
 * then be equal, or old_root that of the empty tree.
 */
MUST_USE bool consistency_check(uint64_t old_size, const struct hash *old_root, uint64_t new_size,
                                const struct hash *new_root, const struct proof *proof);

#endif
