#include "merkle/consistency.h"

/*
 * The subtrees of SUBPROOF in RFC 9162, 2.1.4.1, in proof order. The first is the largest
 * complete subtree at the end of the old tree, left out when it is the whole old tree.
 */
static size_t proof_ranges(struct entry_range *out, uint64_t old_size, uint64_t new_size)
{
    struct entry_range rest = {.begin = 0, .end = new_size};
    size_t count = 0;

    CHECK(old_size <= new_size && new_size <= TREE_SIZE_MAX);
    if (old_size == 0 || old_size == new_size)
        return 0;
    while (rest.end != old_size)
        out[count++] = range_descend(&rest, old_size - 1);
    if (rest.begin != 0)
        out[count++] = rest;
    ranges_reverse(out, count);
    return count;
}

size_t consistency_plan(struct node_id *out, uint64_t old_size, uint64_t new_size)
{
    struct entry_range ranges[PROOF_HASHES_MAX];
    size_t range_count = proof_ranges(ranges, old_size, new_size);
    size_t count = 0;

    for (size_t i = 0; i < range_count; i++)
        count += range_plan(out + count, ranges[i]);
    return count;
}

void consistency_prove(struct proof *out, uint64_t old_size, uint64_t new_size,
                       const struct hash *hashes)
{
    struct entry_range ranges[PROOF_HASHES_MAX];
    struct node_id ids[64];

    out->count = proof_ranges(ranges, old_size, new_size);
    for (size_t i = 0; i < out->count; i++) {
        size_t count = range_plan(ids, ranges[i]);

        range_combine(&out->hashes[i], hashes, count);
        hashes += count;
    }
}

bool consistency_roots(struct hash *out_old, struct hash *out_new, uint64_t old_size,
                       const struct hash *old_root, uint64_t new_size, const struct proof *proof)
{
    uint64_t node = old_size - 1;
    uint64_t last = new_size - 1;
    size_t i = 0;

    if (old_size == 0 || old_size >= new_size || new_size > TREE_SIZE_MAX)
        return false;
    while ((node & 1) != 0) {
        node >>= 1;
        last >>= 1;
    }
    if (node != 0) {
        if (proof->count == 0)
            return false;
        *out_old = proof->hashes[i++];
    } else {
        *out_old = *old_root; /* the old tree is complete: its root begins the path */
    }
    *out_new = *out_old;
    for (; i < proof->count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) != 0 || node == last) {
            hash_node(out_old, &proof->hashes[i], out_old);
            hash_node(out_new, &proof->hashes[i], out_new);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash_node(out_new, out_new, &proof->hashes[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0;
}

bool consistency_check(uint64_t old_size, const struct hash *old_root, uint64_t new_size,
                       const struct hash *new_root, const struct proof *proof)
{
    struct hash computed_old;
    struct hash computed_new;

    if (old_size > new_size || new_size > TREE_SIZE_MAX)
        return false;
    if (old_size == new_size)
        return proof->count == 0 && hash_equal(old_root, new_root);
    if (old_size == 0) {
        hash_empty_root(&computed_old);
        return proof->count == 0 && hash_equal(old_root, &computed_old);
    }
    return consistency_roots(&computed_old, &computed_new, old_size, old_root, new_size, proof) &&
           hash_equal(&computed_old, old_root) && hash_equal(&computed_new, new_root);
}
