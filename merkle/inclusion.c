#include "merkle/inclusion.h"

/* The subtrees beside the way from the leaf up to the root, in this order; at most 63. */
static size_t sibling_ranges(struct entry_range *out, uint64_t index, uint64_t size)
{
    struct entry_range rest = {.begin = 0, .end = size};
    size_t count = 0;

    CHECK(index < size && size <= TREE_SIZE_MAX);
    while (rest.end - rest.begin > 1)
        out[count++] = range_descend(&rest, index);
    ranges_reverse(out, count);
    return count;
}

size_t inclusion_plan(struct node_id *out, uint64_t index, uint64_t size)
{
    struct entry_range siblings[PROOF_HASHES_MAX];
    size_t sibling_count = sibling_ranges(siblings, index, size);
    size_t count = 0;

    for (size_t i = 0; i < sibling_count; i++)
        count += range_plan(out + count, siblings[i]);
    return count;
}

void inclusion_prove(struct proof *out, uint64_t index, uint64_t size, const struct hash *hashes)
{
    struct entry_range siblings[PROOF_HASHES_MAX];
    struct node_id ids[64];

    out->count = sibling_ranges(siblings, index, size);
    for (size_t i = 0; i < out->count; i++) {
        size_t count = range_plan(ids, siblings[i]);

        range_combine(&out->hashes[i], hashes, count);
        hashes += count;
    }
}

bool inclusion_root(struct hash *out, const struct hash *leaf, uint64_t index, uint64_t size,
                    const struct proof *proof)
{
    struct hash root = *leaf;
    uint64_t node;
    uint64_t last;

    if (index >= size || size > TREE_SIZE_MAX)
        return false;
    node = index;
    last = size - 1;
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) != 0 || node == last) {
            hash_node(&root, &proof->hashes[i], &root);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash_node(&root, &root, &proof->hashes[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    if (last != 0)
        return false;
    *out = root;
    return true;
}

bool inclusion_check(const struct hash *leaf, uint64_t index, uint64_t size,
                     const struct hash *root, const struct proof *proof)
{
    struct hash computed;

    return inclusion_root(&computed, leaf, index, size, proof) && hash_equal(&computed, root);
}
