#include "tests/support/sample_tree.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/reference_tree.h"

void sample_tree_init(struct sample_tree *tree)
{
    for (unsigned i = 0; i < SAMPLE_SIZE_MAX; i++) {
        char text[16];

        snprintf(text, sizeof(text), "%u", i);
        hash_leaf(&tree->nodes[0][i], bytes_of_text(text));
    }
    for (unsigned level = 1; level < SAMPLE_LEVELS; level++) {
        for (unsigned i = 0; i < SAMPLE_SIZE_MAX >> level; i++)
            reference_root(&tree->nodes[level][i], &tree->nodes[0][i << level], 1u << level);
    }
    for (unsigned size = 0; size <= SAMPLE_SIZE_MAX; size++)
        reference_root(&tree->roots[size], tree->nodes[0], size);
}

void sample_tree_fetch(struct hash *out, const struct sample_tree *tree, const struct node_id *ids,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK(ids[i].level < SAMPLE_LEVELS && ids[i].index < SAMPLE_SIZE_MAX >> ids[i].level);
        out[i] = tree->nodes[ids[i].level][ids[i].index];
    }
}
