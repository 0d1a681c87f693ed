#include "merkle/node.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"
#include "tests/support/rng.h"
#include "tests/support/sample_tree.h"

/* k of RFC 9162, 2.1.1: k < size <= 2k, k a power of two. */
static void largest_power_below_every_kind_of_size(void **state)
{
    struct rng rng = rng_seeded("largest_power_below");

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t size = 2 + (rng_next(&rng) >> (1 + rng_below(&rng, 62)));
        uint64_t k = largest_power_below(size);

        assert_int_equal(k & (k - 1), 0);
        assert_true(k < size && size - k <= k);
    }
    assert_int_equal(largest_power_below(2), 1);
    assert_int_equal(largest_power_below(3), 2);
    assert_int_equal(largest_power_below(TREE_SIZE_MAX), TREE_SIZE_MAX / 2);
}

/* The subtrees of a range touch each other, fill it and are complete. */
static void range_plan_fills_the_range(void **state)
{
    struct node_id ids[64];

    (void)state;
    for (unsigned level = 0; level <= 8; level++) {
        for (uint64_t begin = 0; begin <= 1024; begin += 1u << level) {
            for (uint64_t end = begin; end <= begin + (1u << level); end++) {
                struct entry_range range = {.begin = begin, .end = end};
                size_t count = range_plan(ids, range);
                uint64_t at = begin;

                for (size_t i = 0; i < count; i++) {
                    assert_int_equal(ids[i].index << ids[i].level, at);
                    at += (uint64_t)1 << ids[i].level;
                }
                assert_int_equal(at, end);
            }
        }
    }
}

/* Combining the subtrees of a range gives its Merkle tree hash. */
static void range_combine_is_the_tree_hash(void **state)
{
    static struct sample_tree tree;

    (void)state;
    sample_tree_init(&tree);
    for (uint64_t begin = 0; begin < 512; begin += 128) {
        for (uint64_t end = begin + 1; end <= begin + 128; end++) {
            struct node_id ids[64];
            struct hash hashes[64];
            struct hash expected;
            struct hash combined;
            size_t count = range_plan(ids, (struct entry_range){.begin = begin, .end = end});

            sample_tree_fetch(hashes, &tree, ids, count);
            range_combine(&combined, hashes, count);
            reference_root(&expected, tree.nodes[0] + begin, end - begin);
            assert_true(hash_equal(&combined, &expected));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(largest_power_below_every_kind_of_size),
        cmocka_unit_test(range_plan_fills_the_range),
        cmocka_unit_test(range_combine_is_the_tree_hash),
    };

    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
