#include "merkle/frontier.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/sample_tree.h"
#include "tests/support/vectors.h"

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

/* After each entry the root is that of RFC 9162, and the nodes handed out are right. */
static void frontier_append_every_size(void **state)
{
    const struct sample_tree *tree = *state;
    struct frontier frontier = {0};
    struct node nodes[64];
    struct hash root;
    size_t total = 0;

    for (uint64_t size = 0; size <= SAMPLE_SIZE_MAX; size++) {
        assert_int_equal(frontier.size, size);
        frontier_root(&frontier, &root);
        assert_true(hash_equal(&root, &tree->roots[size]));
        if (size == SAMPLE_SIZE_MAX)
            break;
        total += frontier_append(&frontier, nodes, &tree->nodes[0][size]);
        assert_int_equal(total, 2 * (size + 1) - (unsigned)__builtin_popcountll(size + 1));
    }
}

/* The nodes of one append are the leaf and every subtree it completes, from below. */
static void frontier_append_nodes(void **state)
{
    const struct sample_tree *tree = *state;
    struct frontier frontier = {0};

    for (uint64_t index = 0; index < SAMPLE_SIZE_MAX; index++) {
        struct node nodes[64];
        size_t count = frontier_append(&frontier, nodes, &tree->nodes[0][index]);

        assert_int_equal(count, 1 + (unsigned)__builtin_ctzll(index + 1));
        for (unsigned level = 0; level < count; level++) {
            assert_int_equal(nodes[level].id.level, level);
            assert_int_equal(nodes[level].id.index, index >> level);
            assert_true(hash_equal(&nodes[level].hash, &tree->nodes[level][index >> level]));
        }
    }
}

/* A frontier loaded from its plan goes on exactly as the one that grew. */
static void frontier_load_every_size(void **state)
{
    const struct sample_tree *tree = *state;

    for (uint64_t size = 0; size < SAMPLE_SIZE_MAX; size++) {
        struct frontier frontier;
        struct node_id ids[64];
        struct node nodes[64];
        struct hash hashes[64];
        struct hash root;
        size_t count = frontier_plan(ids, size);

        assert_int_equal(count, (unsigned)__builtin_popcountll(size));
        sample_tree_fetch(hashes, tree, ids, count);
        frontier_load(&frontier, size, hashes);
        frontier_root(&frontier, &root);
        assert_true(hash_equal(&root, &tree->roots[size]));
        frontier_append(&frontier, nodes, &tree->nodes[0][size]);
        frontier_root(&frontier, &root);
        assert_true(hash_equal(&root, &tree->roots[size + 1]));
    }
}

/* The frontiers of the largest trees have one node for each bit of the size. */
static void frontier_plan_extreme_sizes(void **state)
{
    struct node_id ids[64];

    (void)state;
    assert_int_equal(frontier_plan(ids, TREE_SIZE_MAX), 1);
    assert_int_equal(ids[0].level, 63);
    assert_int_equal(ids[0].index, 0);
    assert_int_equal(frontier_plan(ids, TREE_SIZE_MAX - 1), 63);
    assert_int_equal(ids[62].level, 0);
    assert_int_equal(ids[62].index, TREE_SIZE_MAX - 2);
}

/* The largest tree can be completed, node by node up to level 63. */
static void frontier_append_last_entry(void **state)
{
    const struct sample_tree *tree = *state;
    static const struct hash hashes[64];
    struct frontier frontier;
    struct node nodes[64];
    struct hash root;

    frontier_load(&frontier, TREE_SIZE_MAX - 1, hashes);
    assert_int_equal(frontier_append(&frontier, nodes, &tree->nodes[0][0]), 64);
    assert_int_equal(nodes[63].id.level, 63);
    frontier_root(&frontier, &root);
    assert_true(hash_equal(&root, &nodes[63].hash));
}

/* The published roots of the eight-leaf tree, the empty one included, come out. */
static void frontier_root_published_tree(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/rfc6962/trees.json");
    const json_t *leaves = vectors_get(json, "leaves");
    const json_t *roots = vectors_get(json, "roots");
    struct frontier frontier = {0};
    struct node nodes[64];

    (void)state;
    assert_int_equal(json_array_size(roots), json_array_size(leaves) + 1);
    for (size_t size = 0; size < json_array_size(roots); size++) {
        struct buf bytes = {0};
        struct hash hash;

        vectors_hex_value(&bytes, json_array_get(roots, size));
        frontier_root(&frontier, &hash);
        assert_true(bytes_equal(bytes_of_buf(&bytes), hash_bytes(&hash)));
        buf_clear(&bytes);
        if (size < json_array_size(leaves)) {
            vectors_hex_value(&bytes, json_array_get(leaves, size));
            hash_leaf(&hash, bytes_of_buf(&bytes));
            frontier_append(&frontier, nodes, &hash);
        }
        buf_cleanup(&bytes);
    }
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frontier_append_every_size),
        cmocka_unit_test(frontier_append_nodes),
        cmocka_unit_test(frontier_load_every_size),
        cmocka_unit_test(frontier_plan_extreme_sizes),
        cmocka_unit_test(frontier_append_last_entry),
        cmocka_unit_test(frontier_root_published_tree),
    };

    return cmocka_run_group_tests_name("frontier", tests, make_tree, free_tree);
}
