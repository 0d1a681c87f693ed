#include "merkle/inclusion.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"
#include "tests/support/rng.h"
#include "tests/support/sample_tree.h"
#include "tests/support/vectors.h"

enum { SIZE_MAX_TESTED = 256 };

static int make_tree(void **state)
{
    struct sample_tree *tree = mem_alloc(sizeof(*tree));

    sample_tree_init(tree);
    *state = tree;
    return 0;
}

static int free_tree(void **state)
{
    free(*state);
    return 0;
}

static void prove(struct proof *out, const struct sample_tree *tree, uint64_t index, uint64_t size)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count = inclusion_plan(ids, index, size);

    for (size_t i = 0; i < count; i++)
        assert_true((ids[i].index + 1) << ids[i].level <= size);
    sample_tree_fetch(hashes, tree, ids, count);
    inclusion_prove(out, index, size, hashes);
}

/* Plan, fetch and prove give the path that RFC 9162 defines, and check accepts it. */
static void inclusion_prove_every_index_of_every_size(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        for (uint64_t index = 0; index < size; index++) {
            struct proof expected;
            struct proof proof;

            reference_inclusion(&expected, index, tree->nodes[0], size);
            prove(&proof, tree, index, size);
            assert_int_equal(proof.count, expected.count);
            assert_memory_equal(proof.hashes, expected.hashes, proof.count * HASH_LEN);
            assert_true(
                inclusion_check(&tree->nodes[0][index], index, size, &tree->roots[size], &proof));
        }
    }
}

/* What one mutation of a proof left must be refused. */
static void refuse(const struct sample_tree *tree, uint64_t index, uint64_t size,
                   const struct proof *proof)
{
    assert_false(inclusion_check(&tree->nodes[0][index], index, size, &tree->roots[size], proof));
}

/*
 * Flipping a bit of, dropping, adding or swapping any hash makes a proof worthless: every index
 * up to size 128, every fifth beyond.
 */
static void inclusion_check_any_hash_changed(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        for (uint64_t index = 0; index < size; index += size <= 128 ? 1 : 5) {
            struct proof good;
            struct proof bad;

            prove(&good, tree, index, size);
            for (size_t i = 0; i < good.count; i++) {
                bad = good;
                bad.hashes[i].bytes[(index + i) % HASH_LEN] ^= (uint8_t)(1u << (size % 8));
                refuse(tree, index, size, &bad);
                bad = good;
                bad.count--;
                for (size_t k = i; k < bad.count; k++)
                    bad.hashes[k] = good.hashes[k + 1];
                refuse(tree, index, size, &bad);
            }
            for (size_t i = 0; i <= good.count; i++) {
                bad = good;
                bad.count++;
                for (size_t k = good.count; k > i; k--)
                    bad.hashes[k] = good.hashes[k - 1];
                bad.hashes[i] = tree->nodes[0][index];
                refuse(tree, index, size, &bad);
            }
            for (size_t i = 0; i + 1 < good.count; i++) {
                bad = good;
                bad.hashes[i] = good.hashes[i + 1];
                bad.hashes[i + 1] = good.hashes[i];
                refuse(tree, index, size, &bad);
            }
        }
    }
}

/* A proof is good for its own index, leaf and root only. */
static void inclusion_check_another_index_leaf_or_root(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t size = 2; size <= 64; size++) {
        for (uint64_t index = 0; index < size; index++) {
            struct proof proof;

            prove(&proof, tree, index, size);
            for (uint64_t other = 0; other <= size; other++) {
                const struct hash *leaf = &tree->nodes[0][index];

                if (other == index)
                    continue;
                assert_false(inclusion_check(leaf, other, size, &tree->roots[size], &proof));
                assert_false(inclusion_check(&tree->nodes[0][other], index, size,
                                             &tree->roots[size], &proof));
                assert_false(inclusion_check(leaf, index, size, &tree->roots[other], &proof) &&
                             other != size);
            }
        }
    }
}

/* An index outside the tree, and a size beyond the largest, are refused whatever the proof. */
static void inclusion_root_index_or_size_out_of_range(void **state)
{
    const struct sample_tree *tree = *state;
    struct proof proof = {.count = PROOF_HASHES_MAX};
    struct hash root;

    assert_false(inclusion_root(&root, &tree->nodes[0][0], 0, 0, &proof));
    assert_false(inclusion_root(&root, &tree->nodes[0][0], 5, 5, &proof));
    assert_false(inclusion_root(&root, &tree->nodes[0][0], UINT64_MAX, 5, &proof));
    for (proof.count = 0; proof.count <= PROOF_HASHES_MAX; proof.count++) {
        assert_false(inclusion_root(&root, &tree->nodes[0][0], 0, TREE_SIZE_MAX + 1, &proof));
        assert_false(inclusion_root(&root, &tree->nodes[0][0], 0, UINT64_MAX, &proof));
    }
}

/* The largest tree works: 63 hashes for its first entry. */
static void inclusion_root_largest_tree(void **state)
{
    const struct sample_tree *tree = *state;
    struct proof proof = {.count = 63};
    struct hash root;

    assert_true(inclusion_root(&root, &tree->nodes[0][0], 0, TREE_SIZE_MAX, &proof));
    assert_true(
        inclusion_root(&root, &tree->nodes[0][0], TREE_SIZE_MAX - 1, TREE_SIZE_MAX, &proof));
    proof.count = 64;
    assert_false(inclusion_root(&root, &tree->nodes[0][0], 0, TREE_SIZE_MAX, &proof));
    proof.count = 62;
    assert_false(inclusion_root(&root, &tree->nodes[0][0], 0, TREE_SIZE_MAX, &proof));
}

static void check_bounds(uint64_t index, uint64_t size)
{
    struct node_id ids[PLAN_NODES_MAX + 64];
    static const struct hash hashes[PLAN_NODES_MAX];
    struct proof proof;
    size_t count = inclusion_plan(ids, index, size);

    assert_true(count <= PLAN_NODES_MAX);
    inclusion_prove(&proof, index, size, hashes);
    assert_true(proof.count <= 63);
    for (size_t i = 0; i < count; i++) {
        assert_true(ids[i].level <= 62);
        assert_true(ids[i].index < size >> ids[i].level);
    }
}

/* Whatever index and size, a plan names at most 125 nodes, all complete; a proof has at most 63. */
static void inclusion_plan_extreme_sizes(void **state)
{
    struct rng rng = rng_seeded("inclusion_plan_extreme_sizes");

    (void)state;
    for (unsigned bits = 0; bits <= 63; bits++) {
        uint64_t power = (uint64_t)1 << bits;

        for (uint64_t near = 0; near < 4; near++) {
            uint64_t size = power - 2 + near;

            if (size == 0 || size > TREE_SIZE_MAX)
                continue;
            check_bounds(0, size);
            check_bounds(size - 1, size);
            check_bounds(size / 2, size);
            check_bounds(rng_below(&rng, size), size);
        }
    }
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t size = 1 + (rng_next(&rng) >> (1 + rng_below(&rng, 63)));

        check_bounds(rng_below(&rng, size), size);
    }
}

/* The most nodes: all siblings of the first entry, and the ragged edge of 2^63 - 1 entries. */
static void inclusion_plan_worst_case(void **state)
{
    struct node_id ids[PLAN_NODES_MAX];

    (void)state;
    assert_int_equal(inclusion_plan(ids, 0, TREE_SIZE_MAX - 1), PLAN_NODES_MAX - 1);
}

/* The proofs of the published eight-leaf tree are ours, hash for hash. */
static void inclusion_prove_published_tree(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/rfc6962/trees.json");
    const json_t *cases = vectors_get(json, "inclusion");
    size_t n;
    json_t *item;

    (void)state;
    assert_true(json_array_size(cases) > 0);
    json_array_foreach(cases, n, item)
    {
        const json_t *hashes = vectors_get(item, "proof");
        uint64_t index = vectors_uint(item, "index");
        uint64_t size = vectors_uint(item, "size");
        struct proof proof = {.count = json_array_size(hashes)};
        struct buf bytes = {0};
        struct hash leaf;
        struct hash root;
        size_t k;
        json_t *value;

        json_array_foreach(hashes, k, value) vectors_hex_value(&bytes, value);
        if (bytes.len > 0)
            memcpy(proof.hashes, bytes.data, bytes.len);
        buf_clear(&bytes);
        vectors_hex(&bytes, item, "leaf_hash");
        memcpy(&leaf, bytes.data, HASH_LEN);
        buf_clear(&bytes);
        vectors_hex(&bytes, item, "root");
        memcpy(&root, bytes.data, HASH_LEN);
        assert_true(inclusion_check(&leaf, index, size, &root, &proof));
        buf_cleanup(&bytes);
    }
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inclusion_prove_every_index_of_every_size),
        cmocka_unit_test(inclusion_check_any_hash_changed),
        cmocka_unit_test(inclusion_check_another_index_leaf_or_root),
        cmocka_unit_test(inclusion_root_index_or_size_out_of_range),
        cmocka_unit_test(inclusion_root_largest_tree),
        cmocka_unit_test(inclusion_plan_extreme_sizes),
        cmocka_unit_test(inclusion_plan_worst_case),
        cmocka_unit_test(inclusion_prove_published_tree),
    };

    return cmocka_run_group_tests_name("inclusion", tests, make_tree, free_tree);
}
