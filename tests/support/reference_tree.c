#include "tests/support/reference_tree.h"

void reference_root(struct hash *out, const struct hash *leaves, uint64_t count)
{
    struct hash left;
    struct hash right;
    uint64_t k;

    if (count == 0) {
        hash_empty_root(out);
        return;
    }
    if (count == 1) {
        *out = leaves[0];
        return;
    }
    for (k = 1; k * 2 < count; k *= 2)
        ;
    reference_root(&left, leaves, k);
    reference_root(&right, leaves + k, count - k);
    hash_node(out, &left, &right);
}

void reference_inclusion(struct proof *out, uint64_t index, const struct hash *leaves,
                         uint64_t count)
{
    uint64_t k;

    if (count == 1) {
        out->count = 0;
        return;
    }
    for (k = 1; k * 2 < count; k *= 2)
        ;
    if (index < k) {
        reference_inclusion(out, index, leaves, k);
        reference_root(&out->hashes[out->count++], leaves + k, count - k);
    } else {
        reference_inclusion(out, index - k, leaves + k, count - k);
        reference_root(&out->hashes[out->count++], leaves, k);
    }
}

static void subproof(struct proof *out, uint64_t old_count, const struct hash *leaves,
                     uint64_t count, bool whole)
{
    uint64_t k;

    if (old_count == count) {
        out->count = 0;
        if (!whole)
            reference_root(&out->hashes[out->count++], leaves, count);
        return;
    }
    for (k = 1; k * 2 < count; k *= 2)
        ;
    if (old_count <= k) {
        subproof(out, old_count, leaves, k, whole);
        reference_root(&out->hashes[out->count++], leaves + k, count - k);
    } else {
        subproof(out, old_count - k, leaves + k, count - k, false);
        reference_root(&out->hashes[out->count++], leaves, k);
    }
}

void reference_consistency(struct proof *out, uint64_t old_count, const struct hash *leaves,
                           uint64_t count)
{
    subproof(out, old_count, leaves, count, true);
}

/* SUBTREE_SUBPROOF as the draft defines it (4.4.1). */
static void subtree_subproof(struct proof *out, uint64_t begin, uint64_t end,
                            const struct hash *leaves, uint64_t size, bool is_known)
{
    struct hash *hash;
    uint64_t k;

    if (begin == 0 && end == size) {
        if (!is_known)
            reference_root(&out->hashes[out->count++], leaves, size);
        return;
    }
    k = largest_power_below(size);
    if (end <= k) {
        subtree_subproof(out, begin, end, leaves, k, is_known);
        hash = &out->hashes[out->count++];
        reference_root(hash, leaves + k, size - k);
        return;
    }
    if (k <= begin)
        subtree_subproof(out, begin - k, end - k, leaves + k, size - k, is_known);
    else
        subtree_subproof(out, 0, end - k, leaves + k, size - k, false);
    hash = &out->hashes[out->count++];
    reference_root(hash, leaves, k);
}

void reference_subtree(struct proof *out, struct entry_range range, const struct hash *leaves,
                       uint64_t size)
{
    out->count = 0;
    subtree_subproof(out, range.begin, range.end, leaves, size, true);
}
