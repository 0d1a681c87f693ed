#include "schemas/view.h"

#include <string.h>

#include <jansson.h>

#include "schemas/dcbor.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"
#include "tests/support/vectors.h"

enum { RANDOM_ITEMS = 1000, VIEW_DEPTH_MAX = 32 };

static bool append_hex_as_json(struct buf *out, const char *hex, bool pretty, struct err *err)
{
    struct buf input = {0};
    bool ok;

    sample_append_hex(&input, hex);
    ok = view_append_json(out, bytes_of_buf(&input), pretty, err);
    buf_cleanup(&input);
    return ok;
}

/* Text stays text, integers stay integers of any size, bytes become base64url, keys become text. */
static void view_append_json_of_each_type(void **state)
{
    static const struct {
        const char *hex;
        const char *json;
    } rows[] = {
        {"00", "0"},
        {"1bffffffffffffffff", "18446744073709551615"},
        {"20", "-1"},
        {"3bffffffffffffffff", "-18446744073709551616"},
        {"3bfffffffffffffffe", "-18446744073709551615"},
        {"43fbff00", "\"-_8A\""},
        {"40", "\"\""},
        {"f4", "false"},
        {"f5", "true"},
        {"f6", "null"},
        {"80", "[]"},
        {"a0", "{}"},
        {"8301 80 8102", "[1,[],[2]]"},
        {"a2 01 02 20 a1 6161 f5", "{\"1\":2,\"-1\":{\"a\":true}}"},
        {"66 22 5c 0a 09 7f 2f", "\"\\\"\\\\\\n\\u0009\\u007f/\""},
        {"69 00 c3a9 e6b0b4 f0908591", NULL},
        {"6a 00 c3a9 e6b0b4 f0908591", "\"\\u0000é水𐅑\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = {0};
        struct err err = {0};
        bool ok = append_hex_as_json(&out, rows[i].hex, false, &err);

        assert_int_equal(ok, rows[i].json != NULL);
        if (ok)
            assert_string_equal(buf_text(&out), rows[i].json);
        buf_cleanup(&out);
    }
}

/* The pretty form has one member a line, two spaces a level. */
static void view_append_json_pretty(void **state)
{
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(append_hex_as_json(&out, "a3 6161 80 6162 82 01 a0 6163 a1 6164 02", true, &err));
    assert_string_equal(buf_text(&out), "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ],\n"
                                        "  \"c\": {\n    \"d\": 2\n  }\n}");
    buf_cleanup(&out);
}

/* What JSON cannot say is refused, and what was in the buffer before stays as it was. */
static void view_append_json_of_what_json_cannot_say(void **state)
{
    static const char *const rows[] = {"d2 80",    "81 c0 00", "a1 4161 00",
                                       "a1 80 00", "a1 f5 00", "82 0101 01",
                                       "f93c00",   "",         "8101 00"};
    struct buf out = {0};

    (void)state;
    buf_append_text(&out, "kept");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};

        assert_false(append_hex_as_json(&out, rows[i], false, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(buf_text(&out), "kept");
    }
    buf_cleanup(&out);
}

/* Depth has a limit here too, above that of records. */
static void view_append_json_depth_at_the_limit(void **state)
{
    (void)state;
    for (unsigned depth = VIEW_DEPTH_MAX; depth <= VIEW_DEPTH_MAX + 1; depth++) {
        struct buf input = {0};
        struct buf out = {0};
        struct err err = {0};

        for (unsigned i = 0; i < depth; i++)
            dcbor_put_array(&input, 1);
        dcbor_put_uint(&input, 0);
        assert_int_equal(view_append_json(&out, bytes_of_buf(&input), true, &err),
                         depth == VIEW_DEPTH_MAX);
        buf_cleanup(&out);
        buf_cleanup(&input);
    }
}

/* Where RFC 8949 appendix A says what an example is in JSON, the view is that. */
static void view_append_json_of_rfc8949_appendix_a(void **state)
{
    json_t *rows = vectors_load(VECTORS_DIR "/cbor/appendix_a.json");
    size_t compared = 0;

    (void)state;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        json_t *decoded = json_object_get(row, "decoded");
        struct buf out = {0};
        struct err err = {0};

        if (decoded != NULL && append_hex_as_json(&out, vectors_text(row, "hex"), false, &err)) {
            json_t *view = json_loadb((const char *)out.data, out.len,
                                      JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);

            assert_true(json_equal(view, decoded));
            json_decref(view);
            compared++;
        }
        buf_cleanup(&out);
    }
    assert_int_equal(compared, 34);
    json_decref(rows);
}

/* Every view of a random item is JSON, and the view of what it is parsed to is the same text. */
static void view_append_json_of_random_items(void **state)
{
    struct rng rng = rng_seeded("view_append_json_of_random_items");
    unsigned parsed = 0;

    (void)state;
    for (unsigned i = 0; i < RANDOM_ITEMS; i++) {
        struct buf item = {0};
        struct buf text = {0};
        struct buf again = {0};
        struct err err = {0};
        bool pretty = rng_below(&rng, 2) == 1;

        sample_append_item(&item, &rng);
        assert_true(view_append_json(&text, bytes_of_buf(&item), pretty, &err));
        buf_clear(&item);
        if (view_parse_json(&item, bytes_of_buf(&text), &err)) {
            assert_true(dcbor_check(bytes_of_buf(&item), &err));
            assert_true(view_append_json(&again, bytes_of_buf(&item), pretty, &err));
            assert_true(bytes_equal(bytes_of_buf(&text), bytes_of_buf(&again)));
            parsed++;
        } else {
            /* The only reason there may be: an integer above those of JSON. */
            assert_non_null(strstr(err.text, "too big"));
        }
        buf_cleanup(&again);
        buf_cleanup(&text);
        buf_cleanup(&item);
    }
    assert_true(parsed > RANDOM_ITEMS / 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_append_json_of_each_type),
        cmocka_unit_test(view_append_json_pretty),
        cmocka_unit_test(view_append_json_of_what_json_cannot_say),
        cmocka_unit_test(view_append_json_depth_at_the_limit),
        cmocka_unit_test(view_append_json_of_rfc8949_appendix_a),
        cmocka_unit_test(view_append_json_of_random_items),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
