/* The right edge of a growing tree: all that is needed to append entries and know the root. */
#ifndef VOUCH_MERKLE_FRONTIER_H
#define VOUCH_MERKLE_FRONTIER_H

#include "merkle/node.h"

/* A zeroed struct is the frontier of the empty tree. */
struct frontier {
    uint64_t size;
    struct hash nodes[64]; /* nodes[level] is meaningful when bit `level` of size is set */
};

/* The nodes a frontier of this size consists of. Writes at most 64 ids, returns how many. */
size_t frontier_plan(struct node_id *out, uint64_t size);

/* Sets frontier from the hashes that frontier_plan named, in the same order. */
void frontier_load(struct frontier *frontier, uint64_t size, const struct hash *hashes);

/*
 * Appends one entry. Writes the nodes that are complete from now on, the leaf itself first, to
 * out_nodes, which has room for 64, and returns how many. Size must be below TREE_SIZE_MAX.
 */
size_t frontier_append(struct frontier *frontier, struct node *out_nodes, const struct hash *leaf);

/* The root of the tree so far (RFC 9162, 2.1.1). */
void frontier_root(const struct frontier *frontier, struct hash *out);

#endif
