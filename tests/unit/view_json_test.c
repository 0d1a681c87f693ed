#include "schemas/view.h"

#include <glob.h>
#include <string.h>

#include "base/file.h"
#include "schemas/dcbor.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_cbor.h"

enum { EXAMPLE_LEN_MAX = 1 << 20 };

/* Keys come in the order of their encoding, byte fields become bytes at any depth, white space
 * and escapes mean what they mean in JSON. */
static void view_parse_json_of_each_type(void **state)
{
    static const struct {
        const char *json;
        const char *hex;
    } rows[] = {
        {"0", "00"},
        {" -1\n", "20"},
        {"9223372036854775807", "1b7fffffffffffffff"},
        {"-9223372036854775808", "3b7fffffffffffffff"},
        {"true", "f5"},
        {"[]", "80"},
        {"{}", "a0"},
        {"\"\\u00e9\\ud800\\udd51\"", "66c3a9f0908591"},
        {"{\"b\":1,\"aa\":2,\"a\":3}", "a36161036162016261 6102"},
        {"{\"root\":\"AAEC\"}", "a1 64726f6f74 43000102"},
        {"{\"root\":\"\"}", "a1 64726f6f74 40"},
        {"{\"run_ids\":[\"AA\",\"AQ\"]}", "a1 6772756e5f696473 82 4100 4101"},
        {"{\"a\":{\"root\":\"AA\"}}", "a1 6161 a1 64726f6f74 4100"},
        /* The name of the member decides, not what is around it. */
        {"{\"root\":{\"a\":\"AA\"}}", "a1 64726f6f74 a1 6161 624141"},
        {"{\"a\":[\"AA\"]}", "a1 6161 81 624141"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf expected = {0};
        struct buf out = {0};
        struct err err = {0};

        sample_append_hex(&expected, rows[i].hex);
        assert_true(view_parse_json(&out, bytes_of_text(rows[i].json), &err));
        assert_true(bytes_equal(bytes_of_buf(&out), bytes_of_buf(&expected)));
        buf_cleanup(&out);
        buf_cleanup(&expected);
    }
}

/* What is refused says where: line and column of bad JSON, the path of a bad member. */
static void view_parse_json_refused(void **state)
{
    static const struct {
        const char *json;
        const char *reason;
    } rows[] = {
        {"", "line 1, column 0: "},
        {"{", "line 1, column 1: "},
        {"{\n\"a\" 1}", "line 2, column 5: "},
        {"1 2", "line 1, column 3: "},
        {"{\"a\":1,\"a\":2}", "line 1, column 10: "},
        {"9223372036854775808", "line 1, column 19: "},
        {"1.5", "/: numbers with a fraction or exponent are not allowed"},
        {"{\"a\":[1,1e3]}", "/a/1: numbers with a fraction or exponent are not allowed"},
        {"null", "/: null is not allowed"},
        {"{\"a\":{\"b\":null}}", "/a/b: null is not allowed"},
        {"{\"root\":\"AA==\"}", "/root: not base64url without padding"},
        {"{\"root\":\"AB\"}", "/root: not base64url without padding"},
        {"{\"root\":\"+/8A\"}", "/root: not base64url without padding"},
        {"{\"root\":1}", "/root: a number where base64url is expected"},
        {"{\"run_ids\":[\"AA\",true]}", "/run_ids/1: a boolean where base64url is expected"},
        {"\"\\u0000\"", "line 1, column 8: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf out = {0};
        struct err err = {0};

        assert_false(view_parse_json(&out, bytes_of_text(rows[i].json), &err));
        assert_int_equal(err.code, ERR_INVALID);
        /* After line and column come words of the JSON library. */
        assert_int_equal(strncmp(err.text, rows[i].reason, strlen(rows[i].reason)), 0);
        assert_int_equal(out.len, 0);
        buf_cleanup(&out);
    }
}

/* Text that is not UTF-8 is refused. */
static void view_parse_json_bad_utf8(void **state)
{
    static const char *const bad[] = {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
                                      "\"\\ud800\""};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf out = {0};
        struct err err = {0};

        assert_false(view_parse_json(&out, bytes_of_text(bad[i]), &err));
        buf_cleanup(&out);
    }
}

/* Depth and number of members have the limits of records. */
static void view_parse_json_at_the_limits(void **state)
{
    (void)state;
    for (unsigned over = 0; over <= 1; over++) {
        struct buf deep = {0};
        struct buf wide = {0};
        struct buf out = {0};
        struct err err = {0};

        for (unsigned i = 0; i < DCBOR_DEPTH_MAX + over; i++)
            buf_append_byte(&deep, '[');
        for (unsigned i = 0; i < DCBOR_DEPTH_MAX + over; i++)
            buf_append_byte(&deep, ']');
        assert_int_equal(view_parse_json(&out, bytes_of_buf(&deep), &err), over == 0);
        buf_append_byte(&wide, '[');
        for (unsigned i = 1; i < DCBOR_COUNT_MAX + over; i++)
            buf_append_text(&wide, "0,");
        buf_append_text(&wide, "0]");
        assert_int_equal(view_parse_json(&out, bytes_of_buf(&wide), &err), over == 0);
        buf_cleanup(&out);
        buf_cleanup(&wide);
        buf_cleanup(&deep);
    }
}

static void check_example(const char *path)
{
    struct buf json = {0};
    struct buf first = {0};
    struct buf again = {0};
    struct err err = {0};

    assert_true(file_read(&json, path, EXAMPLE_LEN_MAX, &err));
    assert_true(view_parse_json(&first, bytes_of_buf(&json), &err));
    assert_true(dcbor_check(bytes_of_buf(&first), &err));
    buf_clear(&json);
    assert_true(view_append_json(&json, bytes_of_buf(&first), true, &err));
    assert_true(view_parse_json(&again, bytes_of_buf(&json), &err));
    assert_true(bytes_equal(bytes_of_buf(&first), bytes_of_buf(&again)));
    buf_cleanup(&again);
    buf_cleanup(&first);
    buf_cleanup(&json);
}

/* The records of an example run become deterministic CBOR, and their JSON view becomes the same again. */
static void view_parse_json_of_the_examples(void **state)
{
    glob_t found;

    (void)state;
    assert_int_equal(glob(FILLED_EXAMPLES_DIR "/*/*.json", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 7);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_example(found.gl_pathv[i]);
    globfree(&found);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_parse_json_of_each_type),
        cmocka_unit_test(view_parse_json_refused),
        cmocka_unit_test(view_parse_json_bad_utf8),
        cmocka_unit_test(view_parse_json_at_the_limits),
        cmocka_unit_test(view_parse_json_of_the_examples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
