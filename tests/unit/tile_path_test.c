#include "schemas/tile_path.h"

#include <string.h>

#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/vectors.h"

static void assert_path(const struct tile_path *path, const char *expected)
{
    struct tile_path parsed;
    struct buf text = {0};

    tile_path_append(&text, path);
    if (expected != NULL)
        assert_string_equal(buf_text(&text), expected);
    assert_true(tile_path_parse(&parsed, bytes_of_buf(&text)));
    assert_int_equal(parsed.is_entries, path->is_entries);
    assert_int_equal(parsed.tile.level, path->tile.level);
    assert_true(parsed.tile.index == path->tile.index);
    assert_int_equal(parsed.width, path->width);
    buf_cleanup(&text);
}

/* Paths that other programs write are written and read the same. */
static void tile_path_append_published(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/tlog/tile-paths.json");
    size_t n;
    json_t *item;

    (void)state;
    json_array_foreach(vectors_get(json, "good"), n, item)
    {
        struct tile_path path = {
            .is_entries = strcmp(vectors_text(item, "kind"), "entries") == 0,
            .tile = {.level = (unsigned)vectors_uint(item, "level"),
                     .index = vectors_uint(item, "index")},
            .width = (unsigned)vectors_uint(item, "width"),
        };

        assert_path(&path, vectors_text(item, "path"));
    }
    json_decref(json);
}

/* What tlog-tiles does not allow is refused. */
static void tile_path_parse_published_bad(void **state)
{
    json_t *json = vectors_load(VECTORS_DIR "/tlog/tile-paths.json");
    struct tile_path path;
    size_t n;
    json_t *item;

    (void)state;
    json_array_foreach(vectors_get(json, "bad"), n, item)
    {
        if (tile_path_parse(&path, bytes_of_text(json_string_value(item))))
            fail_msg("%s is accepted", json_string_value(item));
    }
    json_decref(json);
}

/* Further forms that another path would be the right one for, or none. */
static void tile_path_parse_not_canonical(void **state)
{
    static const char *const bad[] = {
        "",
        "/tile/0/000",
        "tile/0/x000/001",
        "tile/0/x000/x001/000",
        "tile/0/x001/x000",
        "tile/entries",
        "tile/entries/",
        "tile/entries/0",
        "tile/entries/000.p/256",
        "tile/entries/000.p/0",
        "tile/Entries/000",
        "tile/64/000",
        "tile/-0/000",
        "tile/0/000.P/1",
        "tile/0/000.p/+1",
        "tile/0/000 ",
        "tile/0/000?",
        "tile/0/00a",
        "tile/0/x018/x446/x744/x073/x709/x551/616", /* 2^64 */
    };
    struct tile_path path;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (tile_path_parse(&path, bytes_of_text(bad[i])))
            fail_msg("%s is accepted", bad[i]);
    }
    assert_true(tile_path_parse(&path, bytes_of_text("tile/63/x001/000")));
    assert_int_equal(path.tile.level, 63);
    assert_int_equal(path.tile.index, 1000);
}

/* Every kind, level and width, and indexes of every length, survive writing and reading. */
static void tile_path_append_round_trip(void **state)
{
    struct rng rng = rng_seeded("tile_path_append_round_trip");
    uint64_t index = 1;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct tile_path path = {
            .is_entries = rng_below(&rng, 4) == 0,
            .tile = {.index = rng_next(&rng) >> rng_below(&rng, 64)},
            .width = 1 + (unsigned)rng_below(&rng, 256),
        };

        if (!path.is_entries)
            path.tile.level = (unsigned)rng_below(&rng, 64);
        assert_path(&path, NULL);
    }
    for (unsigned digits = 0; digits < 19; digits++, index *= 10) {
        assert_path(&(struct tile_path){.tile = {.index = index - 1}, .width = 256}, NULL);
        assert_path(&(struct tile_path){.tile = {.index = index}, .width = 256}, NULL);
    }
    assert_path(&(struct tile_path){.tile = {.index = UINT64_MAX}, .width = 255},
                "tile/0/x018/x446/x744/x073/x709/x551/615.p/255");
}

/* Whatever text is accepted is exactly the text that would be written. */
static void tile_path_parse_accepts_only_its_own(void **state)
{
    static const char alphabet[] = "tile/entries/0123456789x.p/";
    struct rng rng = rng_seeded("tile_path_parse_accepts_only_its_own");
    unsigned accepted = 0;

    (void)state;
    for (unsigned i = 0; i < 300000; i++) {
        char text[] = "tile/0/x001/234.p/12";
        size_t len = sizeof(text) - 1 - (size_t)rng_below(&rng, 8);
        struct tile_path path;
        struct buf again = {0};

        for (unsigned k = 0; k < rng_below(&rng, 4); k++)
            text[5 + rng_below(&rng, len - 5)] = alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
        if (!tile_path_parse(&path, bytes_of(text, len)))
            continue;
        tile_path_append(&again, &path);
        assert_true(bytes_equal(bytes_of_buf(&again), bytes_of(text, len)));
        buf_cleanup(&again);
        accepted++;
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tile_path_append_published),
        cmocka_unit_test(tile_path_parse_published_bad),
        cmocka_unit_test(tile_path_parse_not_canonical),
        cmocka_unit_test(tile_path_append_round_trip),
        cmocka_unit_test(tile_path_parse_accepts_only_its_own),
    };

    return cmocka_run_group_tests_name("tile_path", tests, NULL, NULL);
}
