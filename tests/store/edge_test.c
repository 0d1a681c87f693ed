/* The right edge in memory: the tiles it gives are those of the tree. */
#include <stdlib.h>
#include <string.h>

#include "merkle/frontier.h"
#include "server/store/edge.h"
#include "tests/support/cmocka_all.h"

enum { SIZE_MAX_TESTED = 70000 };

static struct hash leaf_at(uint64_t index)
{
    struct hash leaf;

    hash_leaf(&leaf, bytes_of(&index, sizeof(index)));
    return leaf;
}

static void assert_edge_fits(const struct edge *edge, uint64_t size)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        const struct edge_tile *tile = &edge->tiles[level];
        uint64_t row_len = size >> (TILE_HEIGHT * level);

        assert_int_equal(tile->id.level, level);
        assert_int_equal(tile->id.index, row_len / TILE_WIDTH);
        assert_int_equal(tile->count, tile_node_count((unsigned)(row_len % TILE_WIDTH)));
    }
}

static struct edge *edge_new(void)
{
    struct edge *edge = mem_alloc(sizeof(*edge));

    edge_init(edge);
    return edge;
}

static void edge_free(struct edge *edge)
{
    edge_cleanup(edge);
    free(edge);
}

/* An edge that grew entry by entry holds the unfinished tiles of its size, and no full one. */
static void append_leads_to_the_edge_of_each_size(void **state)
{
    struct edge *edge = edge_new();
    struct frontier frontier = {0};
    uint64_t full_tiles = 0;

    (void)state;
    for (uint64_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        struct hash leaf = leaf_at(size - 1);
        struct node nodes[64];
        size_t count = frontier_append(&frontier, nodes, &leaf);

        for (size_t i = 0; i < count; i++) {
            const struct edge_tile *full = edge_append(edge, &nodes[i]);

            if (full != NULL) {
                assert_int_equal(full->count, TILE_NODES);
                edge_next(edge, full->id.level);
                full_tiles++;
            }
        }
        assert_edge_fits(edge, size);
    }
    assert_int_equal(full_tiles, SIZE_MAX_TESTED / 256 + SIZE_MAX_TESTED / 65536);
    edge_free(edge);
}

/* The nodes above a row are the same whether they are appended or computed from the row. */
static void append_row_computes_what_append_is_given(void **state)
{
    struct edge *given = edge_new();
    struct edge *computed = edge_new();
    struct frontier frontier = {0};

    (void)state;
    for (uint64_t index = 0; index < TILE_WIDTH - 1; index++) {
        struct hash leaf = leaf_at(index);
        struct node nodes[64];
        size_t count = frontier_append(&frontier, nodes, &leaf);

        for (size_t i = 0; i < count; i++)
            assert_null(edge_append(given, &nodes[i]));
        edge_append_row(computed, 3, &leaf);
        assert_int_equal(computed->tiles[3].count, given->tiles[0].count);
        assert_memory_equal(computed->tiles[3].nodes, given->tiles[0].nodes,
                            given->tiles[0].count * HASH_LEN);
    }
    edge_free(given);
    edge_free(computed);
}

/* Only nodes that the edge holds are read from it: none before, beside or beyond. */
static void read_what_is_in_no_unfinished_tile(void **state)
{
    struct edge *edge = edge_new();
    struct hash leaf = leaf_at(0);
    struct hash out[2];
    struct node_id ids[] = {{.level = 16, .index = 0x10200}, {.level = 16, .index = 0x10201}};

    (void)state;
    edge_begin(edge, (uint64_t)0x10200 << 16);
    edge_append_row(edge, 2, &leaf);
    assert_true(edge_read(edge, out, ids, 1));
    assert_true(hash_equal(&out[0], &leaf));
    assert_false(edge_read(edge, out, ids, 2));
    ids[0].index = 0x10100;
    assert_false(edge_read(edge, out, ids, 1));
    ids[0].index = 0x10300;
    assert_false(edge_read(edge, out, ids, 1));
    edge_free(edge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_leads_to_the_edge_of_each_size),
        cmocka_unit_test(append_row_computes_what_append_is_given),
        cmocka_unit_test(read_what_is_in_no_unfinished_tile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
