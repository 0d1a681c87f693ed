/*
 * Prefix proofs: what a tree itself says the root of its first entries is. A consistency proof
 * (RFC 9162, 2.1.4) leaves that root out where it is one node, because its reader knows it; here
 * it is always inside, so that a proof also speaks to a reader who was told another root.
 */
#ifndef VOUCH_MERKLE_PREFIX_H
#define VOUCH_MERKLE_PREFIX_H

#include "merkle/node.h"

/*
 * The nodes needed to prove the root of the first old_size entries in the tree of new_size;
 * 0 < old_size < new_size is checked. Writes at most PLAN_NODES_MAX ids, returns how many.
 */
size_t prefix_plan(struct node_id *out, uint64_t old_size, uint64_t new_size);

/*
 * The proof, from the hashes that prefix_plan named, in the same order. It is the consistency_path
 * that RFC 9162, 2.1.4.2 has after its second step, so it has one hash at least.
 */
void prefix_prove(struct proof *out, uint64_t old_size, uint64_t new_size,
                  const struct hash *hashes);

/*
 * Both roots as the proof leads to them. False when it has too few or too many hashes, or unless
 * 0 < old_size < new_size. If *out_new is a root that somebody signed with new_size, *out_old is
 * the root of that tree's first old_size entries and of no others, or SHA-256 is broken.
 */
MUST_USE bool prefix_roots(struct hash *out_old, struct hash *out_new, uint64_t old_size,
                           uint64_t new_size, const struct proof *proof);

#endif
