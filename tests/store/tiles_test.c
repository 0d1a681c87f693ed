/* Tile files: what was written comes back, and nothing else does. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/store/tiles.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"

struct place {
    char *scratch;
    char *directory;
    struct tiles *tiles;
};

static void must(bool ok, const struct err *err)
{
    if (!ok)
        fail_msg("%s: %s", err_code_name(err->code), err->text);
}

static int setup(void **state)
{
    struct place *place = mem_alloc(sizeof(*place));
    struct err err = {0};

    place->scratch = scratch_new();
    place->directory = mem_format("%s/tiles", place->scratch);
    must(tiles_create(place->directory, &err), &err);
    must(tiles_open(&place->tiles, place->directory, 0, &err), &err);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    tiles_close(place->tiles);
    scratch_remove(place->scratch);
    free(place->directory);
    free(place);
    return 0;
}

static void fill(struct hash *nodes, struct tile_id tile)
{
    for (size_t i = 0; i < TILE_NODES; i++) {
        uint64_t content[] = {tile.level, tile.index, i};

        hash_sha256(&nodes[i], bytes_of(content, sizeof(content)));
    }
}

static void write_tile(struct place *place, struct tile_id tile)
{
    struct hash nodes[TILE_NODES];
    struct err err = {0};

    fill(nodes, tile);
    must(tiles_write(place->tiles, tile, nodes, &err), &err);
}

/* Tiles of several levels are read back as they were written, also by a later opening. */
static void read_what_was_written(void **state)
{
    static const struct tile_id TILES[] = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {7, 0}};
    struct place *place = *state;
    struct hash want[TILE_NODES];
    struct hash got[TILE_NODES];
    struct err err = {0};
    uint64_t bytes;

    for (size_t i = 0; i < sizeof(TILES) / sizeof(TILES[0]); i++)
        write_tile(place, TILES[i]);
    must(tiles_sync(place->tiles, &err), &err);
    tiles_close(place->tiles);
    must(tiles_open(&place->tiles, place->directory, 3 * TILE_WIDTH, &err), &err);
    for (size_t i = 0; i < sizeof(TILES) / sizeof(TILES[0]); i++) {
        fill(want, TILES[i]);
        must(tiles_read(place->tiles, got, TILES[i], &err), &err);
        assert_memory_equal(got, want, sizeof(want));
    }
    must(tiles_total_bytes(place->tiles, &bytes, &err), &err);
    assert_int_equal(bytes, 6 * TILES_SLOT_LEN);
}

/* A tile that was never written is missing, not empty. */
static void read_what_was_not_written(void **state)
{
    struct place *place = *state;
    struct hash nodes[TILE_NODES];
    struct err err = {0};

    write_tile(place, (struct tile_id){.level = 0, .index = 1});
    assert_false(tiles_read(place->tiles, nodes, (struct tile_id){.level = 0, .index = 2}, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(tiles_read(place->tiles, nodes, (struct tile_id){.level = 0, .index = 0}, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

static void rewrite(const struct place *place, off_t from, off_t to, size_t len)
{
    char *path = mem_format("%s/0", place->directory);
    uint8_t *content = mem_alloc(len);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_int_equal(pread(fd, content, len, from), len);
    content[0] ^= from == to ? 1 : 0;
    assert_int_equal(pwrite(fd, content, len, to), len);
    close(fd);
    free(content);
    free(path);
}

/* A flipped bit anywhere in a tile, and a tile at the place of another, are noticed. */
static void read_damaged(void **state)
{
    struct place *place = *state;
    struct tile_id first = {.level = 0, .index = 0};
    struct hash nodes[TILE_NODES];
    struct err err = {0};

    for (off_t byte = 0; byte < TILES_SLOT_LEN; byte += 31) {
        write_tile(place, first);
        rewrite(place, byte, byte, 1);
        assert_false(tiles_read(place->tiles, nodes, first, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    write_tile(place, (struct tile_id){.level = 0, .index = 1});
    rewrite(place, TILES_SLOT_LEN, 0, TILES_SLOT_LEN);
    assert_false(tiles_read(place->tiles, nodes, first, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* Files that are too short for the tree, or gone, are corrupt when opened. */
static void open_short_or_missing(void **state)
{
    struct place *place = *state;
    struct tiles *tiles = NULL;
    struct err err = {0};
    char *path = mem_format("%s/4", place->directory);

    write_tile(place, (struct tile_id){.level = 0, .index = 0});
    must(tiles_open(&tiles, place->directory, 2 * TILE_WIDTH - 1, &err), &err);
    tiles_close(tiles);
    assert_false(tiles_open(&tiles, place->directory, 2 * TILE_WIDTH, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_int_equal(unlink(path), 0);
    assert_false(tiles_open(&tiles, place->directory, 0, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(read_what_was_written, setup, teardown),
        cmocka_unit_test_setup_teardown(read_what_was_not_written, setup, teardown),
        cmocka_unit_test_setup_teardown(read_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(open_short_or_missing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
