/* A tree with all its nodes at hand, to answer plans from. */
#ifndef VOUCH_TESTS_SUPPORT_SAMPLE_TREE_H
#define VOUCH_TESTS_SUPPORT_SAMPLE_TREE_H

#include "merkle/node.h"

#define SAMPLE_LEVELS 10u
#define SAMPLE_SIZE_MAX (1u << (SAMPLE_LEVELS - 1))

struct sample_tree {
    struct hash nodes[SAMPLE_LEVELS][SAMPLE_SIZE_MAX]; /* row 0 are the leaf hashes */
    struct hash roots[SAMPLE_SIZE_MAX + 1];            /* by size */
};

/* Entry i is the decimal number i; all hashes by the definition of RFC 9162, 2.1.1. */
void sample_tree_init(struct sample_tree *tree);

/* The hashes of the nodes that a plan named. */
void sample_tree_fetch(struct hash *out, const struct sample_tree *tree, const struct node_id *ids,
                       size_t count);

#endif
