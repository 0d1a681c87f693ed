#include "merkle/subtree.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"

enum { SIZE_MAX_TESTED = 40 };

static void make_leaves(struct hash leaves[SIZE_MAX_TESTED])
{
    for (uint8_t i = 0; i < SIZE_MAX_TESTED; i++)
        hash_leaf(&leaves[i], bytes_of(&i, 1));
}

/* Any hash changed, dropped, added, or exchanged with the next spoils a proof. */
static void check_changes(struct entry_range range, const struct hash *hash, uint64_t size,
                          const struct hash *root, const struct proof *proof)
{
    for (size_t i = 0; i < proof->count; i++) {
        struct proof changed = *proof;

        changed.hashes[i].bytes[7] ^= 1;
        assert_false(subtree_check(range, hash, size, root, &changed));
        changed = *proof;
        changed.count--;
        for (size_t k = i; k < changed.count; k++)
            changed.hashes[k] = proof->hashes[k + 1];
        assert_false(subtree_check(range, hash, size, root, &changed));
    }
    if (proof->count < PROOF_HASHES_MAX) {
        struct proof longer = *proof;

        longer.hashes[longer.count++] = *root;
        assert_false(subtree_check(range, hash, size, root, &longer));
    }
}

/* Every subtree of every small tree is proven by the proof of the definition, and by no other. */
static void subtree_check_by_brute_force(void **state)
{
    struct hash leaves[SIZE_MAX_TESTED];

    (void)state;
    make_leaves(leaves);
    for (uint64_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        struct hash root;

        reference_root(&root, leaves, size);
        for (uint64_t begin = 0; begin < size; begin++) {
            for (uint64_t end = begin + 1; end <= size; end++) {
                struct entry_range range = {.begin = begin, .end = end};
                struct proof proof = {0};
                struct hash hash;
                struct hash wrong;

                if (!subtree_is_valid(range)) {
                    assert_false(subtree_check(range, &root, size, &root, &proof));
                    continue;
                }
                reference_root(&hash, leaves + begin, end - begin);
                reference_subtree(&proof, range, leaves, size);
                assert_true(subtree_check(range, &hash, size, &root, &proof));
                wrong = hash;
                wrong.bytes[0] ^= 1;
                assert_false(subtree_check(range, &wrong, size, &root, &proof));
                check_changes(range, &hash, size, &root, &proof);
            }
        }
    }
}

/* Where a range may begin depends on its width. */
static void subtree_is_valid_examples(void **state)
{
    static const struct {
        uint64_t begin;
        uint64_t end;
        bool is_valid;
    } cases[] = {
        {0, 0, false}, {0, 1, true},  {0, 13, true},  {8, 13, true}, {8, 16, true},
        {4, 13, false}, {6, 8, true}, {5, 8, false}, {5, 6, true}, {8, 4, false},
        {0, TREE_SIZE_MAX, true}, {0, TREE_SIZE_MAX + 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct entry_range range = {.begin = cases[i].begin, .end = cases[i].end};

        assert_int_equal(subtree_is_valid(range), cases[i].is_valid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subtree_check_by_brute_force),
        cmocka_unit_test(subtree_is_valid_examples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
