/* The tile cache: what it gives is what was put, it forgets rather than lie. */
#include <string.h>

#include "server/store/tile_cache.h"
#include "tests/support/cmocka_all.h"

/* Nodes of a made-up tile: each hash says where it belongs. */
static void make_nodes(struct hash *out, struct tile_id tile, size_t count)
{
    memset(out, 0, count * sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        memcpy(out[i].bytes, &tile.index, sizeof(tile.index));
        out[i].bytes[8] = (uint8_t)tile.level;
        memcpy(out[i].bytes + 9, &i, sizeof(i));
    }
}

static void put(struct tile_cache *cache, struct tile_id tile, size_t count)
{
    struct hash nodes[TILE_NODES];

    make_nodes(nodes, tile, count);
    tile_cache_put(cache, tile, bytes_of(nodes, count * HASH_LEN));
}

/* Whether the node is cached; when it is, it must be the right one. */
static bool cached(struct tile_cache *cache, struct node_id id)
{
    struct hash nodes[TILE_NODES];
    struct hash got;

    if (!tile_cache_read(cache, &got, &id, 1))
        return false;
    make_nodes(nodes, tile_of_node(id), TILE_NODES);
    assert_true(hash_equal(&got, &nodes[tile_node_position(id)]));
    return true;
}

/* An empty cache knows nothing. */
static void read_from_an_empty_cache(void **state)
{
    struct tile_cache *cache = tile_cache_new(1 << 20);

    (void)state;
    assert_false(cached(cache, (struct node_id){.level = 0, .index = 0}));
    assert_false(cached(cache, (struct node_id){.level = 63, .index = 0}));
    tile_cache_free(cache);
    tile_cache_free(NULL);
}

/* A beginning of a tile answers for its own nodes and not for later ones. */
static void read_from_a_partial_tile(void **state)
{
    struct tile_cache *cache = tile_cache_new(1 << 20);
    struct tile_id tile = {.level = 0, .index = 5};

    (void)state;
    put(cache, tile, tile_node_count(3));
    assert_true(cached(cache, (struct node_id){.level = 0, .index = 5 * 256 + 2}));
    assert_true(cached(cache, (struct node_id){.level = 1, .index = 5 * 128}));
    assert_false(cached(cache, (struct node_id){.level = 0, .index = 5 * 256 + 3}));
    assert_false(cached(cache, (struct node_id){.level = 0, .index = 6 * 256}));
    assert_false(cached(cache, (struct node_id){.level = 8, .index = 5 * 256}));
    tile_cache_free(cache);
}

/* A longer beginning replaces a shorter one, never the other way round. */
static void put_keeps_the_longer_beginning(void **state)
{
    struct tile_cache *cache = tile_cache_new(1 << 20);
    struct tile_id tile = {.level = 1, .index = 2};
    struct node_id last = {.level = 8, .index = 2 * 256 + 99};

    (void)state;
    put(cache, tile, tile_node_count(50));
    assert_false(cached(cache, last));
    put(cache, tile, tile_node_count(100));
    assert_true(cached(cache, last));
    put(cache, tile, tile_node_count(50));
    assert_true(cached(cache, last));
    put(cache, tile, 0);
    assert_true(cached(cache, last));
    tile_cache_free(cache);
}

/* With many more tiles than there is room for, every answer is still right. */
static void read_after_many_puts(void **state)
{
    struct tile_cache *cache = tile_cache_new(0);
    size_t found = 0;

    (void)state;
    for (uint64_t index = 0; index < 1000; index++) {
        for (unsigned level = 0; level < TILE_LEVELS; level++)
            put(cache, (struct tile_id){.level = level, .index = index}, TILE_NODES);
    }
    for (uint64_t index = 0; index < 1000; index++) {
        for (unsigned level = 0; level < TILE_LEVELS; level++)
            found += cached(cache, (struct node_id){.level = 8 * level, .index = index * 256});
    }
    assert_in_range(found, 65, 128);
    tile_cache_free(cache);
}

/* Tiles of the lowest level do not drive out those above. */
static void put_of_low_tiles_keeps_high_ones(void **state)
{
    struct tile_cache *cache = tile_cache_new(0);

    (void)state;
    put(cache, (struct tile_id){.level = 1, .index = 0}, TILE_NODES);
    put(cache, (struct tile_id){.level = 2, .index = 0}, TILE_NODES);
    for (uint64_t index = 0; index < 1000; index++)
        put(cache, (struct tile_id){.level = 0, .index = index}, TILE_NODES);
    assert_true(cached(cache, (struct node_id){.level = 8, .index = 0}));
    assert_true(cached(cache, (struct node_id){.level = 16, .index = 0}));
    tile_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_from_an_empty_cache),
        cmocka_unit_test(read_from_a_partial_tile),
        cmocka_unit_test(put_keeps_the_longer_beginning),
        cmocka_unit_test(read_after_many_puts),
        cmocka_unit_test(put_of_low_tiles_keeps_high_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
