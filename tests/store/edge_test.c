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

/* An edge that grew entry by entry has the same shape as one made for that size. */
static void append_leads_to_the_same_edge_as_init(void **state)
{
    struct edge *grown = mem_alloc(sizeof(*grown));
    struct edge *made = mem_alloc(sizeof(*made));
    struct frontier frontier = {0};
    uint64_t full_tiles = 0;

    (void)state;
    edge_init(grown, 0);
    for (uint64_t size = 1; size <= SIZE_MAX_TESTED; size++) {
        struct hash leaf = leaf_at(size - 1);
        struct node nodes[64];
        size_t count = frontier_append(&frontier, nodes, &leaf);

        for (size_t i = 0; i < count; i++) {
            struct edge_tile *full = edge_append(grown, &nodes[i]);

            if (full != NULL) {
                assert_int_equal(edge_tile_bytes(full).len, TILE_NODES * HASH_LEN);
                edge_tile_next(full);
                full_tiles++;
            }
        }
        assert_edge_fits(grown, size);
        edge_init(made, size);
        assert_edge_fits(made, size);
    }
    assert_int_equal(full_tiles, SIZE_MAX_TESTED / 256 + SIZE_MAX_TESTED / 65536);
    free(grown);
    free(made);
}

/* Only tiles that got a node are marked as changed. */
static void append_marks_what_changed(void **state)
{
    struct edge *edge = mem_alloc(sizeof(*edge));
    struct node node = {.id = {.level = 0, .index = 512}};

    (void)state;
    edge_init(edge, 512);
    assert_null(edge_append(edge, &node));
    assert_true(edge->tiles[0].changed);
    for (unsigned level = 1; level < TILE_LEVELS; level++)
        assert_false(edge->tiles[level].changed);
    free(edge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_leads_to_the_same_edge_as_init),
        cmocka_unit_test(append_marks_what_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
