#include "client/reader/tile_chain.h"

#include <stdlib.h>
#include <string.h>

#include "merkle/frontier.h"
#include "schemas/tile_path.h"
#include "tests/support/cmocka_all.h"

enum { LEAVES_MAX = 66000, LEVELS = 3 };

/* A log that serves the tiles of one tree; one bit of one tile may be wrong. */
struct tiles {
    struct fetcher fetcher;
    struct hash *rows[LEVELS]; /* the nodes of levels 0, 8, 16 */
    struct checkpoint head;
    struct tile_id bad;
    unsigned bad_width; /* 0: none is */
    size_t bad_byte;
    size_t read_count;
};

static void answer(struct tiles *tiles, const struct fetch_request *request)
{
    struct fetch_reply reply = {.status = 404};
    struct tile_path path;

    assert_true(tile_path_parse(&path, bytes_of_text(request->path)));
    assert_false(path.is_entries);
    if (path.tile.level < LEVELS && tile_width(path.tile, tiles->head.size) == path.width) {
        const struct hash *row = tiles->rows[path.tile.level] + path.tile.index * TILE_WIDTH;

        reply.status = 200;
        buf_append(&reply.body, row, path.width * sizeof(*row));
        if (tiles->bad_width > 0 && tiles->bad.level == path.tile.level &&
            tiles->bad.index == path.tile.index)
            reply.body.data[tiles->bad_byte] ^= 0x10;
    }
    tiles->read_count++;
    request->done(request->context, &reply);
    buf_cleanup(&reply.body);
}

static bool start(struct fetcher *fetcher, const struct fetch_request *request, struct err *err)
{
    (void)err;
    answer((struct tiles *)fetcher, request);
    return true;
}

static const struct fetcher_ops OPS = {.start = start};

/* The rows of a tree whose leaves are their own numbers. */
static void make_rows(struct tiles *out)
{
    struct frontier frontier = {0};

    *out = (struct tiles){.fetcher = {.ops = &OPS}};
    for (unsigned level = 0; level < LEVELS; level++)
        out->rows[level] = mem_alloc_array(((size_t)LEAVES_MAX >> (TILE_HEIGHT * level)) + TILE_WIDTH,
                                           sizeof(struct hash));
    while (frontier.size < LEAVES_MAX) {
        uint64_t index = frontier.size;
        struct node nodes[64];
        struct hash leaf;
        size_t count;

        hash_leaf(&leaf, bytes_of(&index, sizeof(index)));
        count = frontier_append(&frontier, nodes, &leaf);
        for (size_t i = 0; i < count; i++) {
            if (nodes[i].id.level % TILE_HEIGHT == 0)
                out->rows[nodes[i].id.level / TILE_HEIGHT][nodes[i].id.index] = nodes[i].hash;
        }
    }
}

static void set_size(struct tiles *tiles, uint64_t size)
{
    struct frontier frontier = {0};
    struct node nodes[64];

    while (frontier.size < size)
        frontier_append(&frontier, nodes, &tiles->rows[0][frontier.size]);
    tiles->head.size = size;
    frontier_root(&frontier, &tiles->head.root);
    tiles->bad_width = 0;
}

static int set_up(void **state)
{
    struct tiles *tiles = mem_alloc(sizeof(*tiles));

    make_rows(tiles);
    *state = tiles;
    return 0;
}

static int tear_down(void **state)
{
    struct tiles *tiles = *state;

    for (unsigned level = 0; level < LEVELS; level++)
        free(tiles->rows[level]);
    free(tiles);
    return 0;
}

static bool same_tile(struct tile_id a, struct tile_id b)
{
    return a.level == b.level && a.index == b.index;
}

/* Every tile of the tree can be had and is the one that was made. */
static void assert_all_right(struct tiles *tiles)
{
    struct tile_chain *chain = mem_alloc(sizeof(*chain));
    struct err err = {0};

    assert_true(tile_chain_open(chain, &tiles->fetcher, &tiles->head, &err));
    for (struct tile_id id = {0}; id.level < LEVELS; id.level++) {
        for (id.index = 0; tile_width(id, tiles->head.size) > 0; id.index++) {
            const struct cached_tile *tile = tile_chain_get(chain, id, &err);

            assert_non_null(tile);
            assert_int_equal(tile->width, tile_width(id, tiles->head.size));
            assert_memory_equal(tile->hashes, tiles->rows[id.level] + id.index * TILE_WIDTH,
                                tile->width * sizeof(struct hash));
            if (id.level == 0)
                assert_true(tile_chain_check_leaves(chain, id.index, tile->hashes, &err));
        }
    }
    free(chain);
}

static const uint64_t SIZES[] = {1,     2,     255,   256,   257,       511,
                                 512,   1000,  65535, 65536, 65536 + 1, 65536 + 256,
                                 65793, 66000};

/* In trees of every shape each tile is found right. */
static void tile_chain_get_every_tile(void **state)
{
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        set_size(*state, SIZES[i]);
        assert_all_right(*state);
    }
}

/* The empty tree has no tiles, and its root is checked all the same. */
static void tile_chain_open_empty(void **state)
{
    struct tile_chain *chain = mem_alloc(sizeof(*chain));
    struct tiles *tiles = *state;
    struct err err = {0};

    set_size(tiles, 0);
    assert_true(tile_chain_open(chain, &tiles->fetcher, &tiles->head, &err));
    tiles->head.root.bytes[3] ^= 1;
    memset(chain, 0, sizeof(*chain));
    assert_false(tile_chain_open(chain, &tiles->fetcher, &tiles->head, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    free(chain);
}

/* Whether the chain finds the bad tile: at the edge when it is opened, else when it is read. */
static bool finds_bad(struct tiles *tiles)
{
    struct tile_chain *chain = mem_alloc(sizeof(*chain));
    struct err err = {0};
    bool found = !tile_chain_open(chain, &tiles->fetcher, &tiles->head, &err) ||
                 tile_chain_get(chain, tiles->bad, &err) == NULL;

    free(chain);
    return found && err.code == ERR_CORRUPT;
}

/* One bit of any tile is found. */
static void tile_chain_get_changed_bit(void **state)
{
    struct tiles *tiles = *state;

    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        set_size(tiles, SIZES[i]);
        for (struct tile_id id = {0}; id.level < LEVELS; id.level++) {
            for (id.index = 0; tile_width(id, tiles->head.size) > 0; id.index += 37) {
                tiles->bad = id;
                tiles->bad_width = tile_width(id, tiles->head.size);
                tiles->bad_byte = (id.index * 31) % (tiles->bad_width * HASH_LEN);
                assert_true(finds_bad(tiles));
            }
        }
    }
}

/* Leaf hashes that are not the tree's are refused, and the tile of them is never read. */
static void tile_chain_check_leaves_changed(void **state)
{
    struct tile_chain *chain = mem_alloc(sizeof(*chain));
    struct tiles *tiles = *state;
    struct hash row[TILE_WIDTH];
    struct err err = {0};

    set_size(tiles, 65793);
    assert_true(tile_chain_open(chain, &tiles->fetcher, &tiles->head, &err));
    tiles->read_count = 0;
    for (uint64_t index = 0; index <= 257; index += 257) {
        memcpy(row, tiles->rows[0] + index * TILE_WIDTH, sizeof(row));
        assert_true(tile_chain_check_leaves(chain, index, row, &err));
        row[0].bytes[31] ^= 0x80;
        assert_false(tile_chain_check_leaves(chain, index, row, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    assert_int_equal(tiles->read_count, 1); /* the tile above those of the first 65,536 entries */
    free(chain);
}

static bool count_tile(void *context, const struct cached_tile *tile, struct err *err)
{
    struct tile_id *last = context;

    (void)err;
    assert_int_equal(tile->width, TILE_WIDTH);
    assert_false(same_tile(*last, tile->id));
    *last = tile->id;
    return true;
}

/* A full tile is handed out once while it is in use, after its parents. */
static void tile_chain_get_hands_out(void **state)
{
    struct tile_id last = {.level = TILE_LEVELS};
    struct tile_chain *chain = mem_alloc(sizeof(*chain));
    struct tiles *tiles = *state;
    struct err err = {0};

    set_size(tiles, 66000);
    chain->take = count_tile;
    chain->context = &last;
    assert_true(tile_chain_open(chain, &tiles->fetcher, &tiles->head, &err));
    assert_int_equal(last.level, TILE_LEVELS);
    for (uint64_t index = 0; index < 3; index++)
        assert_non_null(tile_chain_get(chain, (struct tile_id){.index = index}, &err));
    assert_true(same_tile(last, (struct tile_id){.level = 0, .index = 2}));
    free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tile_chain_get_every_tile),
        cmocka_unit_test(tile_chain_open_empty),
        cmocka_unit_test(tile_chain_get_changed_bit),
        cmocka_unit_test(tile_chain_check_leaves_changed),
        cmocka_unit_test(tile_chain_get_hands_out),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
