#include "merkle/tile.h"

#include <string.h>

#include "merkle/frontier.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

/* Nodes below the root of one tile, complete when its bottom row is width wide. */
static size_t list_nodes(struct node_id *out, struct tile_id tile, unsigned width)
{
    struct node_id first = tile_first_node(tile);
    size_t count = 0;

    for (unsigned height = 0; height < TILE_HEIGHT; height++) {
        for (unsigned i = 0; i < width >> height; i++) {
            out[count++] = (struct node_id){.level = first.level + height,
                                            .index = (first.index >> height) + i};
        }
    }
    return count;
}

/* At every width the nodes of a tile fill positions 0 to count - 1, each once. */
static void tile_node_position_every_width(void **state)
{
    static const struct tile_id tiles[] = {{0, 0}, {0, 7}, {1, 0}, {3, 12345}, {7, 0}};
    struct node_id nodes[TILE_NODES];

    (void)state;
    for (size_t t = 0; t < sizeof(tiles) / sizeof(tiles[0]); t++) {
        for (unsigned width = 0; width <= TILE_WIDTH; width++) {
            bool taken[TILE_NODES] = {false};
            size_t count = list_nodes(nodes, tiles[t], width);

            assert_int_equal(count, tile_node_count(width));
            for (size_t i = 0; i < count; i++) {
                struct tile_id tile = tile_of_node(nodes[i]);
                size_t position = tile_node_position(nodes[i]);

                assert_int_equal(tile.level, tiles[t].level);
                assert_int_equal(tile.index, tiles[t].index);
                assert_true(position < count);
                assert_false(taken[position]);
                taken[position] = true;
            }
        }
    }
}

/* Every node comes right after the subtree below it: after its right child. */
static void tile_node_position_is_post_order(void **state)
{
    struct node_id nodes[TILE_NODES];
    size_t count = list_nodes(nodes, (struct tile_id){.level = 2, .index = 9}, TILE_WIDTH);

    (void)state;
    assert_int_equal(count, TILE_NODES);
    for (size_t i = 0; i < count; i++) {
        struct node_id right = {.level = nodes[i].level - 1, .index = 2 * nodes[i].index + 1};

        if (nodes[i].level % TILE_HEIGHT != 0)
            assert_int_equal(tile_node_position(nodes[i]), tile_node_position(right) + 1);
    }
}

/* Nodes as they become complete during growth are appended to their tile, never inserted. */
static void tile_node_position_grows_at_the_end(void **state)
{
    enum { SIZE = 70000 };
    static size_t filled[3][SIZE / TILE_WIDTH + 1];
    struct frontier frontier = {0};
    struct hash leaf = {{0}};

    (void)state;
    memset(filled, 0, sizeof(filled));
    for (unsigned i = 0; i < SIZE; i++) {
        struct node nodes[64];
        size_t count = frontier_append(&frontier, nodes, &leaf);

        for (size_t k = 0; k < count; k++) {
            struct tile_id tile = tile_of_node(nodes[k].id);

            assert_int_equal(tile_node_position(nodes[k].id), filled[tile.level][tile.index]);
            filled[tile.level][tile.index]++;
        }
    }
    for (unsigned level = 0; level < 3; level++) {
        for (uint64_t index = 0; index <= SIZE / TILE_WIDTH; index++) {
            struct tile_id tile = {.level = level, .index = index};

            assert_int_equal(filled[level][index], tile_node_count(tile_width(tile, SIZE)));
        }
    }
}

/* The example of tlog-tiles: a tree of 70,000 entries. */
static void tile_width_of_70000(void **state)
{
    (void)state;
    assert_int_equal(tile_width((struct tile_id){0, 272}, 70000), 256);
    assert_int_equal(tile_width((struct tile_id){0, 273}, 70000), 112);
    assert_int_equal(tile_width((struct tile_id){0, 274}, 70000), 0);
    assert_int_equal(tile_width((struct tile_id){1, 0}, 70000), 256);
    assert_int_equal(tile_width((struct tile_id){1, 1}, 70000), 17);
    assert_int_equal(tile_width((struct tile_id){2, 0}, 70000), 1);
    assert_int_equal(tile_width((struct tile_id){3, 0}, 70000), 0);
    assert_int_equal(tile_width((struct tile_id){0, 0}, 256), 256);
    assert_int_equal(tile_width((struct tile_id){1, 0}, 256), 1);
    assert_int_equal(tile_width((struct tile_id){0, 0}, 0), 0);
}

/* No tile index, however large, makes the arithmetic wrap around. */
static void tile_width_extreme_index(void **state)
{
    (void)state;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        assert_int_equal(tile_width((struct tile_id){level, UINT64_MAX}, TREE_SIZE_MAX), 0);
        assert_int_equal(tile_width((struct tile_id){level, UINT64_MAX / 256 + 1}, TREE_SIZE_MAX),
                         0);
        assert_int_equal(tile_width((struct tile_id){level, UINT64_MAX / 256}, TREE_SIZE_MAX), 0);
    }
    assert_int_equal(tile_width((struct tile_id){7, 0}, TREE_SIZE_MAX), 128);
    assert_int_equal(tile_width((struct tile_id){0, TREE_SIZE_MAX / 256 - 1}, TREE_SIZE_MAX), 256);
}

/* Any node of the largest tree is in the tile whose first node is to its left, at its level. */
static void tile_of_node_random(void **state)
{
    struct rng rng = rng_seeded("tile_of_node_random");

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        unsigned level = (unsigned)rng_below(&rng, 64);
        uint64_t rows = TREE_SIZE_MAX >> level;
        struct node_id node = {.level = level, .index = rng_below(&rng, rows)};
        struct tile_id tile = tile_of_node(node);
        struct node_id first = tile_first_node(tile);
        unsigned height = level - first.level;

        assert_true(tile.level < TILE_LEVELS && height < TILE_HEIGHT);
        assert_true(first.index <= node.index << height);
        assert_true((node.index << height) - first.index < TILE_WIDTH);
        assert_true(tile_node_position(node) < TILE_NODES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tile_node_position_every_width),
        cmocka_unit_test(tile_node_position_is_post_order),
        cmocka_unit_test(tile_node_position_grows_at_the_end),
        cmocka_unit_test(tile_width_of_70000),
        cmocka_unit_test(tile_width_extreme_index),
        cmocka_unit_test(tile_of_node_random),
    };

    return cmocka_run_group_tests_name("tile", tests, NULL, NULL);
}
