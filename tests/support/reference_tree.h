/*
 * The definitions of RFC 9162, 2.1 written down as they stand there, recursively and slowly, to
 * compare the real tree with.
 */
#ifndef VOUCH_TESTS_SUPPORT_REFERENCE_TREE_H
#define VOUCH_TESTS_SUPPORT_REFERENCE_TREE_H

#include "merkle/node.h"

/* MTH of the entries whose leaf hashes are given. */
void reference_root(struct hash *out, const struct hash *leaves, uint64_t count);

/* PATH(index, leaves). */
void reference_inclusion(struct proof *out, uint64_t index, const struct hash *leaves,
                         uint64_t count);

/* PROOF(old_count, leaves). */
void reference_consistency(struct proof *out, uint64_t old_count, const struct hash *leaves,
                           uint64_t count);

/* SUBTREE_PROOF(begin, end, leaves) of draft-ietf-plants-merkle-tree-certs, 4.4.1; not of RFC 9162. */
void reference_subtree(struct proof *out, struct entry_range range, const struct hash *leaves,
                       uint64_t size);

#endif
