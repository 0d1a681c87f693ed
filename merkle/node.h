/* Names of the nodes of a tree, and the ranges of entries that proofs speak of. */
#ifndef VOUCH_MERKLE_NODE_H
#define VOUCH_MERKLE_NODE_H

#include <stddef.h>
#include <stdint.h>

#include "merkle/hash.h"

enum {
    /* Tree sizes are at most 2^63, so a node's level is 0..63 and a path has at most 63 steps. */
    PROOF_HASHES_MAX = 64,
    /* No plan names more nodes than this: 63 complete siblings, one of which is a ragged edge. */
    PLAN_NODES_MAX = 125,
};

#define TREE_SIZE_MAX ((uint64_t)1 << 63)

/*
 * The root of a complete subtree: it covers the entries
 * [index << level, (index + 1) << level). Level 0 are the leaf hashes. Its hash never changes
 * once the tree is large enough to hold the subtree.
 */
struct node_id {
    unsigned level; /* 0..63 */
    uint64_t index;
};

struct node {
    struct node_id id;
    struct hash hash;
};

/* Entries [begin, end). */
struct entry_range {
    uint64_t begin;
    uint64_t end;
};

/* The hashes of an inclusion or consistency proof, in the order of RFC 9162, 2.1.3 and 2.1.4. */
struct proof {
    size_t count; /* 0..PROOF_HASHES_MAX */
    struct hash hashes[PROOF_HASHES_MAX];
};

/* Largest power of two smaller than size; size >= 2. RFC 9162, 2.1.1 calls it k. */
uint64_t largest_power_below(uint64_t size);

/*
 * One step from a root towards the entry at index: splits rest, which has at least two entries and
 * holds index, where RFC 9162, 2.1.1 splits it, keeps the side with index and returns the other.
 */
struct entry_range range_descend(struct entry_range *rest, uint64_t index);

/* Turns the way down from a root into the way up to it, which is the order of proofs. */
void ranges_reverse(struct entry_range *ranges, size_t count);

/*
 * The complete subtrees that make up range, left to right. Writes at most 64 ids, returns how
 * many. range.begin must be a multiple of a power of two not smaller than the range, as all
 * subtrees of RFC 9162 are.
 */
size_t range_plan(struct node_id *out, struct entry_range range);

/* The Merkle tree hash of a range from the hashes that range_plan named; count >= 1. */
void range_combine(struct hash *out, const struct hash *hashes, size_t count);

#endif
