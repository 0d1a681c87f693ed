#include "merkle/prefix.h"

#include <stdlib.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/sample_tree.h"

enum { SIZE_MAX_TESTED = 130 };

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

    sample_tree_fetch(hashes, tree, ids, prefix_plan(ids, old_size, new_size));
    prefix_prove(out, old_size, new_size, hashes);
}

static bool leads_to(const struct proof *proof, const struct sample_tree *tree, uint64_t old_size,
                     uint64_t new_size)
{
    struct hash old_root;
    struct hash new_root;

    return prefix_roots(&old_root, &new_root, old_size, new_size, proof) &&
           hash_equal(&old_root, &tree->roots[old_size]) &&
           hash_equal(&new_root, &tree->roots[new_size]);
}

/* For every pair of sizes the proof leads to both roots, without being told the old one. */
static void prefix_prove_every_pair_of_sizes(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t new_size = 2; new_size <= SIZE_MAX_TESTED; new_size++) {
        for (uint64_t old_size = 1; old_size < new_size; old_size++) {
            struct proof proof;

            prove(&proof, tree, old_size, new_size);
            assert_true(proof.count >= 1);
            assert_true(leads_to(&proof, tree, old_size, new_size));
        }
    }
}

/*
 * Nobody can make a tree's own root vouch for another prefix: with any hash flipped, dropped,
 * added or swapped the proof no longer leads to the new root, whatever old root it leads to.
 */
static void prefix_roots_damaged(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t new_size = 2; new_size <= 40; new_size++) {
        for (uint64_t old_size = 1; old_size < new_size; old_size++) {
            struct hash old_root;
            struct hash new_root;
            struct proof good;
            struct proof bad;

            prove(&good, tree, old_size, new_size);
            for (size_t i = 0; i < good.count; i++) {
                bad = good;
                bad.hashes[i].bytes[i % HASH_LEN] ^= 1;
                assert_true(prefix_roots(&old_root, &new_root, old_size, new_size, &bad));
                assert_false(hash_equal(&new_root, &tree->roots[new_size]));
                if (i + 1 == good.count)
                    continue;
                bad = good;
                bad.hashes[i] = good.hashes[i + 1];
                bad.hashes[i + 1] = good.hashes[i];
                assert_false(leads_to(&bad, tree, old_size, new_size));
            }
            bad = good;
            bad.count--;
            assert_false(prefix_roots(&old_root, &new_root, old_size, new_size, &bad));
            bad = good;
            bad.hashes[bad.count++] = good.hashes[0];
            assert_false(prefix_roots(&old_root, &new_root, old_size, new_size, &bad));
        }
    }
}

/* No proof is of the empty tree, of a tree within itself or of a larger one. */
static void prefix_roots_outside(void **state)
{
    struct proof proof = {.count = 1};
    struct hash old_root;
    struct hash new_root;

    (void)state;
    assert_false(prefix_roots(&old_root, &new_root, 0, 1, &proof));
    assert_false(prefix_roots(&old_root, &new_root, 1, 1, &proof));
    assert_false(prefix_roots(&old_root, &new_root, 2, 1, &proof));
    assert_false(prefix_roots(&old_root, &new_root, 1, UINT64_MAX, &proof));
}

/* The largest plans fit: of sizes around powers of two, in trees as large as there are. */
static void prefix_plan_largest(void **state)
{
    struct node_id ids[PLAN_NODES_MAX];

    (void)state;
    for (unsigned old_bit = 0; old_bit < 63; old_bit++) {
        for (unsigned new_bit = old_bit + 1; new_bit <= 63; new_bit++) {
            uint64_t old_size = (uint64_t)1 << old_bit;
            uint64_t new_size = (uint64_t)1 << new_bit;

            assert_true(prefix_plan(ids, old_size, new_size) <= PLAN_NODES_MAX);
            assert_true(new_size == 2 || old_size == new_size - 1 ||
                        prefix_plan(ids, old_size, new_size - 1) <= PLAN_NODES_MAX);
            assert_true(old_size == 1 ||
                        prefix_plan(ids, old_size - 1, new_size) <= PLAN_NODES_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(prefix_prove_every_pair_of_sizes, make_tree, free_tree),
        cmocka_unit_test_setup_teardown(prefix_roots_damaged, make_tree, free_tree),
        cmocka_unit_test(prefix_roots_outside),
        cmocka_unit_test(prefix_plan_largest),
    };

    return cmocka_run_group_tests_name("prefix", tests, NULL, NULL);
}
