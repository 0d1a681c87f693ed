#include "merkle/consistency.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"
#include "tests/support/rng.h"
#include "tests/support/sample_tree.h"
#include "tests/support/vectors.h"

enum { SIZE_MAX_TESTED = 160 };

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

static void prove(struct proof *out, const struct sample_tree *tree, uint64_t old_size,
                  uint64_t new_size)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count = consistency_plan(ids, old_size, new_size);

    for (size_t i = 0; i < count; i++)
        assert_true((ids[i].index + 1) << ids[i].level <= new_size);
    sample_tree_fetch(hashes, tree, ids, count);
    consistency_prove(out, old_size, new_size, hashes);
}

/* Plan, fetch and prove give the proof that RFC 9162 defines, and check accepts it. */
static void consistency_prove_every_pair_of_sizes(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t new_size = 0; new_size <= SIZE_MAX_TESTED; new_size++) {
        for (uint64_t old_size = 0; old_size <= new_size; old_size++) {
            struct proof expected = {0};
            struct proof proof;

            if (old_size > 0)
                reference_consistency(&expected, old_size, tree->nodes[0], new_size);
            prove(&proof, tree, old_size, new_size);
            assert_int_equal(proof.count, expected.count);
            assert_memory_equal(proof.hashes, expected.hashes, proof.count * HASH_LEN);
            assert_true(consistency_check(old_size, &tree->roots[old_size], new_size,
                                          &tree->roots[new_size], &proof));
        }
    }
}

static void refuse(const struct sample_tree *tree, uint64_t old_size, uint64_t new_size,
                   const struct proof *proof)
{
    assert_false(consistency_check(old_size, &tree->roots[old_size], new_size,
                                   &tree->roots[new_size], proof));
}

/* Every proof that differs from good by one hash flipped, dropped, added or swapped is refused. */
static void refuse_mutations(const struct sample_tree *tree, uint64_t old_size, uint64_t new_size,
                             const struct proof *good)
{
    struct proof bad;

    for (size_t i = 0; i < good->count; i++) {
        bad = *good;
        bad.hashes[i].bytes[(old_size + i) % HASH_LEN] ^= (uint8_t)(1u << (new_size % 8));
        refuse(tree, old_size, new_size, &bad);
        bad = *good;
        bad.count--;
        for (size_t k = i; k < bad.count; k++)
            bad.hashes[k] = good->hashes[k + 1];
        refuse(tree, old_size, new_size, &bad);
    }
    for (size_t i = 0; i <= good->count; i++) {
        bad = *good;
        bad.count++;
        for (size_t k = good->count; k > i; k--)
            bad.hashes[k] = good->hashes[k - 1];
        bad.hashes[i] = tree->roots[old_size];
        refuse(tree, old_size, new_size, &bad);
    }
    for (size_t i = 0; i + 1 < good->count; i++) {
        bad = *good;
        bad.hashes[i] = good->hashes[i + 1];
        bad.hashes[i + 1] = good->hashes[i];
        refuse(tree, old_size, new_size, &bad);
    }
}

/* Flipping a bit of, dropping, adding or swapping any hash makes a proof worthless. */
static void consistency_check_any_hash_changed(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t new_size = 1; new_size <= SIZE_MAX_TESTED; new_size++) {
        for (uint64_t old_size = 0; old_size <= new_size; old_size++) {
            struct proof proof;

            prove(&proof, tree, old_size, new_size);
            refuse_mutations(tree, old_size, new_size, &proof);
        }
    }
}

/* A proof is good for its own two roots only. */
static void consistency_check_another_root(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t new_size = 1; new_size <= SIZE_MAX_TESTED; new_size++) {
        for (uint64_t old_size = 0; old_size <= new_size; old_size++) {
            const struct hash *old_root = &tree->roots[old_size];
            const struct hash *new_root = &tree->roots[new_size];
            struct proof proof;

            prove(&proof, tree, old_size, new_size);
            assert_false(consistency_check(old_size, &tree->roots[old_size + 1], new_size, new_root,
                                           &proof));
            if (old_size > 0)
                assert_false(consistency_check(old_size, old_root, new_size,
                                               &tree->roots[new_size + 1], &proof));
        }
    }
}

/* Sizes in the wrong order or beyond the largest are refused whatever the proof. */
static void consistency_check_sizes_out_of_range(void **state)
{
    const struct sample_tree *tree = *state;
    const struct hash *root = &tree->roots[1];
    struct proof proof = {.count = 0};

    assert_false(consistency_check(2, root, 1, root, &proof));
    assert_false(consistency_check(UINT64_MAX, root, UINT64_MAX, root, &proof));
    assert_false(consistency_check(1, root, TREE_SIZE_MAX + 1, root, &proof));
    for (proof.count = 0; proof.count <= PROOF_HASHES_MAX; proof.count++)
        assert_false(consistency_check(1, root, UINT64_MAX, root, &proof));
}

static void check_bounds(uint64_t old_size, uint64_t new_size)
{
    static const struct hash hashes[PLAN_NODES_MAX];
    struct node_id ids[PLAN_NODES_MAX + 64];
    struct proof proof;
    size_t count = consistency_plan(ids, old_size, new_size);

    assert_true(count <= PLAN_NODES_MAX);
    consistency_prove(&proof, old_size, new_size, hashes);
    assert_true(proof.count <= PROOF_HASHES_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(ids[i].level <= 63);
        assert_true(ids[i].index < new_size >> ids[i].level);
    }
}

/* Whatever the sizes, a plan names at most 125 nodes, all complete, and a proof fits 64 hashes. */
static void consistency_plan_extreme_sizes(void **state)
{
    struct rng rng = rng_seeded("consistency_plan_extreme_sizes");

    (void)state;
    for (unsigned new_bits = 0; new_bits <= 63; new_bits++) {
        for (unsigned old_bits = 0; old_bits <= new_bits; old_bits++) {
            for (uint64_t near = 0; near < 9; near++) {
                uint64_t new_size = ((uint64_t)1 << new_bits) - 1 + near % 3;
                uint64_t old_size = ((uint64_t)1 << old_bits) - 1 + near / 3;

                if (old_size <= new_size && new_size <= TREE_SIZE_MAX)
                    check_bounds(old_size, new_size);
            }
        }
    }
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t new_size = rng_next(&rng) >> (1 + rng_below(&rng, 63));

        check_bounds(new_size == 0 ? 0 : rng_below(&rng, new_size), new_size);
    }
}

/* The bound of 125 is reached: old tree of 3 entries, new tree one short of the largest. */
static void consistency_plan_worst_case(void **state)
{
    struct node_id ids[PLAN_NODES_MAX];

    (void)state;
    assert_int_equal(consistency_plan(ids, 3, TREE_SIZE_MAX - 1), PLAN_NODES_MAX);
}

static void take_hash(struct hash *out, const json_t *object, const char *key)
{
    struct buf bytes = {0};

    vectors_hex(&bytes, object, key);
    assert_int_equal(bytes.len, HASH_LEN);
    memcpy(out->bytes, bytes.data, HASH_LEN);
    buf_cleanup(&bytes);
}

/* The published proofs between all sizes of the eight-leaf tree verify. */
static void consistency_check_published_tree(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/rfc6962/trees.json");
    const json_t *cases = vectors_get(json, "consistency");
    size_t n;
    json_t *item;

    (void)state;
    assert_true(json_array_size(cases) > 0);
    json_array_foreach(cases, n, item)
    {
        const json_t *hashes = vectors_get(item, "proof");
        struct proof proof = {.count = json_array_size(hashes)};
        struct buf bytes = {0};
        struct hash old_root;
        struct hash new_root;
        size_t k;
        json_t *value;

        json_array_foreach(hashes, k, value) vectors_hex_value(&bytes, value);
        if (bytes.len > 0)
            memcpy(proof.hashes, bytes.data, bytes.len);
        take_hash(&old_root, item, "old_root");
        take_hash(&new_root, item, "new_root");
        assert_true(consistency_check(vectors_uint(item, "old_size"), &old_root,
                                      vectors_uint(item, "new_size"), &new_root, &proof));
        buf_cleanup(&bytes);
    }
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consistency_prove_every_pair_of_sizes),
        cmocka_unit_test(consistency_check_any_hash_changed),
        cmocka_unit_test(consistency_check_another_root),
        cmocka_unit_test(consistency_check_sizes_out_of_range),
        cmocka_unit_test(consistency_plan_extreme_sizes),
        cmocka_unit_test(consistency_plan_worst_case),
        cmocka_unit_test(consistency_check_published_tree),
    };

    return cmocka_run_group_tests_name("consistency", tests, make_tree, free_tree);
}
