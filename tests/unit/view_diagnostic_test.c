#include "schemas/view.h"

#include <string.h>

#include "schemas/cose.h"
#include "schemas/dcbor.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"

enum { RANDOM_ITEMS = 300, VIEW_DEPTH_MAX = 32 };

static void assert_diagnostic(const char *hex, const char *expected)
{
    struct buf input = {0};
    struct buf out = {0};
    struct err err = {0};

    sample_append_hex(&input, hex);
    assert_true(view_append_diagnostic(&out, bytes_of_buf(&input), &err));
    assert_string_equal(buf_text(&out), expected);
    buf_cleanup(&out);
    buf_cleanup(&input);
}

/* Each type has the notation of RFC 8949, 8. */
static void view_append_diagnostic_of_each_type(void **state)
{
    (void)state;
    assert_diagnostic("1bffffffffffffffff", "18446744073709551615");
    assert_diagnostic("3bffffffffffffffff", "-18446744073709551616");
    assert_diagnostic("29", "-10");
    assert_diagnostic("4401020304", "h'01020304'");
    assert_diagnostic("40", "h''");
    assert_diagnostic("62225c", "\"\\\"\\\\\"");
    assert_diagnostic("f4", "false");
    assert_diagnostic("f6", "null");
    assert_diagnostic("80", "[]");
    assert_diagnostic("a0", "{}");
    assert_diagnostic("c1 c2 00", "1(2(0))");
    assert_diagnostic("82 01 a2 01 80 20 d818 40",
                      "[\n  1,\n  {\n    1: [],\n    -1: 24(h'')\n  }\n]");
    assert_diagnostic("a1 8101 02", "{\n  [\n    1\n  ]: 2\n}");
}

/* Of a COSE_Sign1, the headers and the payload are shown as the CBOR they hold; the signature, and
 * byte strings inside the payload, stay bytes although they could be CBOR. */
static void view_append_diagnostic_of_a_statement(void **state)
{
    (void)state;
    assert_diagnostic("d2 84 43 a10126 a0 45 a16161 4180 4180", "18([\n"
                                                                "  << {\n"
                                                                "    1: -7\n"
                                                                "  } >>,\n"
                                                                "  {},\n"
                                                                "  << {\n"
                                                                "    \"a\": h'80'\n"
                                                                "  } >>,\n"
                                                                "  h'80'\n"
                                                                "])");
}

/* A receipt in an unprotected header is opened, and the proof in the receipt. */
static void view_append_diagnostic_of_a_transparent_statement(void **state)
{
    (void)state;
    assert_diagnostic("d2 84 40"
                      "a1 19018a 81 54"
                      "   d2 84 43 a10126 a1 19018c a1 20 81 44 83010080 f6 40"
                      "f6 40",
                      "18([\n"
                      "  h'',\n"
                      "  {\n"
                      "    394: [\n"
                      "      << 18([\n"
                      "        << {\n"
                      "          1: -7\n"
                      "        } >>,\n"
                      "        {\n"
                      "          396: {\n"
                      "            -1: [\n"
                      "              << [\n"
                      "                1,\n"
                      "                0,\n"
                      "                []\n"
                      "              ] >>\n"
                      "            ]\n"
                      "          }\n"
                      "        },\n"
                      "        null,\n"
                      "        h''\n"
                      "      ]) >>\n"
                      "    ]\n"
                      "  },\n"
                      "  null,\n"
                      "  h''\n"
                      "])");
}

/* A payload that is not exactly one item stays a byte string. */
static void view_append_diagnostic_of_a_payload_that_is_not_cbor(void **state)
{
    (void)state;
    assert_diagnostic("d2 84 40 a0 42 8000 40", "18([\n  h'',\n  {},\n  h'8000',\n  h''\n])");
    assert_diagnostic("d2 84 40 a0 42 81ff 40", "18([\n  h'',\n  {},\n  h'81ff',\n  h''\n])");
    assert_diagnostic("d2 84 40 a0 41 05 40", "18([\n  h'',\n  {},\n  h'05',\n  h''\n])");
}

/* A payload that nests deeper than there is room for stays a byte string too: a statement that was
 * accepted can always be shown. */
static void view_append_diagnostic_of_a_payload_too_deep(void **state)
{
    enum { AROUND = 3 /* tag, array, embedded */ };

    (void)state;
    for (unsigned depth = VIEW_DEPTH_MAX - AROUND; depth <= VIEW_DEPTH_MAX - AROUND + 1; depth++) {
        struct buf input = {0};
        struct buf payload = {0};
        struct buf out = {0};
        struct err err = {0};

        for (unsigned i = 0; i < depth; i++)
            dcbor_put_tag(&payload, 1);
        dcbor_put_uint(&payload, 0);
        sample_append_hex(&input, "d2 84 40 a0");
        dcbor_put_bytes(&input, bytes_of_buf(&payload));
        sample_append_hex(&input, "40");
        assert_true(view_append_diagnostic(&out, bytes_of_buf(&input), &err));
        assert_int_equal(strstr(buf_text(&out), "<<") != NULL, depth == VIEW_DEPTH_MAX - AROUND);
        buf_cleanup(&out);
        buf_cleanup(&payload);
        buf_cleanup(&input);
    }
}

/* Bad input is refused and what was in the buffer before stays as it was. */
static void view_append_diagnostic_refused(void **state)
{
    static const char *const rows[] = {"", "8101 00", "c0", "f93c00", "9fff", "61ff"};
    struct buf out = {0};

    (void)state;
    buf_append_text(&out, "kept");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf input = {0};
        struct err err = {0};

        sample_append_hex(&input, rows[i]);
        assert_false(view_append_diagnostic(&out, bytes_of_buf(&input), &err));
        assert_string_equal(buf_text(&out), "kept");
        buf_cleanup(&input);
    }
    buf_cleanup(&out);
}

/* Tags and embedded items count towards the limit of depth. */
static void view_append_diagnostic_depth_at_the_limit(void **state)
{
    (void)state;
    for (unsigned depth = VIEW_DEPTH_MAX; depth <= VIEW_DEPTH_MAX + 1; depth++) {
        struct buf input = {0};
        struct buf out = {0};
        struct err err = {0};

        for (unsigned i = 0; i < depth; i++)
            dcbor_put_tag(&input, 1);
        dcbor_put_uint(&input, 0);
        assert_int_equal(view_append_diagnostic(&out, bytes_of_buf(&input), &err),
                         depth == VIEW_DEPTH_MAX);
        buf_cleanup(&out);
        buf_cleanup(&input);
    }
}

/* Every random item has a notation, and it has no end of line at its end. */
static void view_append_diagnostic_of_random_items(void **state)
{
    struct rng rng = rng_seeded("view_append_diagnostic_of_random_items");

    (void)state;
    for (unsigned i = 0; i < RANDOM_ITEMS; i++) {
        struct buf input = {0};
        struct buf out = {0};
        struct err err = {0};

        sample_append_item(&input, &rng);
        assert_true(view_append_diagnostic(&out, bytes_of_buf(&input), &err));
        assert_true(out.len > 0 && out.data[out.len - 1] != '\n');
        buf_cleanup(&out);
        buf_cleanup(&input);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_append_diagnostic_of_each_type),
        cmocka_unit_test(view_append_diagnostic_of_a_statement),
        cmocka_unit_test(view_append_diagnostic_of_a_transparent_statement),
        cmocka_unit_test(view_append_diagnostic_of_a_payload_that_is_not_cbor),
        cmocka_unit_test(view_append_diagnostic_of_a_payload_too_deep),
        cmocka_unit_test(view_append_diagnostic_refused),
        cmocka_unit_test(view_append_diagnostic_depth_at_the_limit),
        cmocka_unit_test(view_append_diagnostic_of_random_items),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
