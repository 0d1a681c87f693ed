#include "server/tlog/draft.h"

#include <stdlib.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/reference_tree.h"

enum { SIZE_MAX_TESTED = 70 };

struct draft_state {
    struct draft draft;
    struct hash leaves[SIZE_MAX_TESTED];
    struct hash roots[SIZE_MAX_TESTED + 1];
};

static int set_up(void **state)
{
    struct draft_state *drafting = mem_alloc(sizeof(*drafting));

    for (uint64_t i = 0; i < SIZE_MAX_TESTED; i++)
        hash_leaf(&drafting->leaves[i], bytes_of(&i, sizeof(i)));
    for (uint64_t size = 0; size <= SIZE_MAX_TESTED; size++)
        reference_root(&drafting->roots[size], drafting->leaves, size);
    *state = drafting;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* Drafts the entries from old_size to new_size on top of the first old_size ones. */
static void draft_range(struct draft_state *drafting, uint64_t old_size, uint64_t new_size)
{
    struct frontier frontier = {0};
    struct node nodes[64];

    for (uint64_t i = 0; i < old_size; i++)
        frontier_append(&frontier, nodes, &drafting->leaves[i]);
    draft_begin(&drafting->draft, &frontier);
    for (uint64_t i = old_size; i < new_size; i++)
        draft_append(&drafting->draft, bytes_of(NULL, 0), &drafting->leaves[i], NULL);
}

/* A draft extends the tree that it was begun on, whatever the two sizes are. */
static void draft_extends_any_sizes(void **state)
{
    struct draft_state *drafting = *state;

    for (uint64_t old_size = 0; old_size < SIZE_MAX_TESTED; old_size++) {
        for (uint64_t new_size = old_size + 1; new_size <= SIZE_MAX_TESTED; new_size++) {
            draft_range(drafting, old_size, new_size);
            assert_true(draft_extends(&drafting->draft, &drafting->roots[old_size],
                                      &drafting->roots[new_size]));
        }
    }
}

/* It extends no other root, and no other root is its own. */
static void draft_extends_other_root(void **state)
{
    struct draft_state *drafting = *state;

    for (uint64_t old_size = 0; old_size < 40; old_size++) {
        struct hash *old_root = &drafting->roots[old_size];
        struct hash *new_root = &drafting->roots[old_size + 13];

        draft_range(drafting, old_size, old_size + 13);
        old_root->bytes[old_size % HASH_LEN] ^= 1;
        assert_false(draft_extends(&drafting->draft, old_root, new_root));
        old_root->bytes[old_size % HASH_LEN] ^= 1;
        new_root->bytes[old_size % HASH_LEN] ^= 1;
        /* The proof from the empty tree is empty (RFC 9162, 2.1.4): it says nothing of the new. */
        assert_int_equal(draft_extends(&drafting->draft, old_root, new_root), old_size == 0);
        new_root->bytes[old_size % HASH_LEN] ^= 1;
    }
}

/* A right edge that is not the old tree's is noticed at the latest when a head is to be signed. */
static void draft_extends_damaged_edge(void **state)
{
    struct draft_state *drafting = *state;

    for (uint64_t old_size = 1; old_size < 40; old_size++) {
        for (unsigned level = 0; level < 6; level++) {
            struct hash root;
            struct frontier frontier;

            if ((old_size >> level & 1) == 0)
                continue;
            draft_range(drafting, old_size, old_size);
            frontier = drafting->draft.frontier;
            frontier.nodes[level].bytes[level] ^= 1;
            draft_begin(&drafting->draft, &frontier);
            for (uint64_t i = old_size; i < old_size + 5; i++)
                draft_append(&drafting->draft, bytes_of(NULL, 0), &drafting->leaves[i], NULL);
            frontier_root(&drafting->draft.frontier, &root);
            assert_false(draft_extends(&drafting->draft, &drafting->roots[old_size], &root));
        }
    }
}

/* Entries, nodes and keys come in the order in which the store wants them. */
static void draft_append_order(void **state)
{
    struct draft_state *drafting = *state;
    struct hash sid = {{7}};

    draft_range(drafting, 5, 8);
    draft_append(&drafting->draft, bytes_of("x", 1), &drafting->leaves[8], &sid);
    assert_int_equal(drafting->draft.entry_count, 4);
    assert_int_equal(drafting->draft.key_count, 5);
    assert_int_equal(drafting->draft.keys[3].index, STORE_BY_LEAF_HASH);
    assert_int_equal(drafting->draft.keys[3].entry_index, 8);
    assert_int_equal(drafting->draft.keys[4].index, STORE_BY_SID);
    assert_int_equal(drafting->draft.keys[4].entry_index, 8);
    assert_true(hash_equal(&drafting->draft.keys[4].hash, &sid));
    /* 5 completes itself and 4-5; 6 itself; 7 itself, 6-7, 4-7 and 0-7; 8 itself. */
    assert_int_equal(drafting->draft.node_count, 2 + 1 + 4 + 1);
}

/* The largest batch with its seal fits, at the sizes where most nodes become complete. */
static void draft_append_largest(void **state)
{
    struct draft_state *drafting = *state;
    struct frontier frontier = {.size = ((uint64_t)1 << 62) - 1};

    draft_begin(&drafting->draft, &frontier);
    for (size_t i = 0; i < DRAFT_ENTRIES_MAX; i++)
        draft_append(&drafting->draft, bytes_of(NULL, 0), &drafting->leaves[0],
                     &drafting->leaves[1]);
    assert_in_range(drafting->draft.node_count, 2 * DRAFT_ENTRIES_MAX, DRAFT_NODES_MAX);
    assert_int_equal(drafting->draft.key_count, DRAFT_KEYS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draft_extends_any_sizes),    cmocka_unit_test(draft_extends_other_root),
        cmocka_unit_test(draft_extends_damaged_edge), cmocka_unit_test(draft_append_order),
        cmocka_unit_test(draft_append_largest),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
