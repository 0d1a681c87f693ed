#include "base/text.h"

#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

/* Hex is lower-case, two digits a byte, and nothing else is read back. */
static void text_parse_hex_canonical_only(void **state)
{
    struct buf hex = {0};
    uint8_t all[256];
    uint8_t parsed[256];

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    text_append_hex(&hex, bytes_of(all, sizeof(all)));
    assert_memory_equal(hex.data, "000102", 6);
    assert_true(text_parse_hex(parsed, sizeof(parsed), bytes_of_buf(&hex)));
    assert_memory_equal(parsed, all, sizeof(all));
    assert_false(text_parse_hex(parsed, 2, bytes_of_text("ab")));
    assert_false(text_parse_hex(parsed, 1, bytes_of_text("abc")));
    assert_false(text_parse_hex(parsed, 1, bytes_of_text("AB")));
    assert_false(text_parse_hex(parsed, 1, bytes_of_text("a ")));
    assert_false(text_parse_hex(parsed, 1, bytes_of_text("0x")));
    assert_false(text_parse_hex(parsed, 1, bytes_of_text("g0")));
    assert_true(text_parse_hex(parsed, 0, bytes_of_text("")));
    buf_cleanup(&hex);
}

/* RFC 4648, 10. */
static void text_append_base64_published(void **state)
{
    static const char *const cases[][3] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    };
    struct buf buf = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&buf);
        text_append_base64(&buf, bytes_of_text(cases[i][0]));
        assert_string_equal(buf_text(&buf), cases[i][1]);
        buf_clear(&buf);
        text_append_base64url(&buf, bytes_of_text(cases[i][0]));
        assert_string_equal(buf_text(&buf), cases[i][2]);
        buf_clear(&buf);
        assert_true(text_parse_base64(&buf, bytes_of_text(cases[i][1])));
        assert_string_equal(buf_text(&buf), cases[i][0]);
        buf_clear(&buf);
        assert_true(text_parse_base64url(&buf, bytes_of_text(cases[i][2])));
        assert_string_equal(buf_text(&buf), cases[i][0]);
    }
    buf_cleanup(&buf);
}

/* What base64 accepts, encoding gives back; so there is one text for each content. */
static void text_parse_base64_is_canonical(void **state)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= \n";
    struct rng rng = rng_seeded("text_parse_base64_is_canonical");
    struct buf decoded = {0};
    struct buf again = {0};
    unsigned accepted = 0;

    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        char text[9];
        size_t len = (size_t)rng_below(&rng, sizeof(text));

        for (size_t i = 0; i < len; i++)
            text[i] = digits[rng_below(&rng, sizeof(digits) - 1)];
        buf_clear(&decoded);
        buf_clear(&again);
        if (text_parse_base64(&decoded, bytes_of(text, len))) {
            text_append_base64(&again, bytes_of_buf(&decoded));
            assert_true(bytes_equal(bytes_of_buf(&again), bytes_of(text, len)));
            accepted++;
        } else {
            assert_int_equal(decoded.len, 0);
        }
        buf_clear(&decoded);
        buf_clear(&again);
        if (text_parse_base64url(&decoded, bytes_of(text, len))) {
            text_append_base64url(&again, bytes_of_buf(&decoded));
            assert_true(bytes_equal(bytes_of_buf(&again), bytes_of(text, len)));
            accepted++;
        }
    }
    assert_true(accepted > 1000);
    buf_cleanup(&decoded);
    buf_cleanup(&again);
}

/* Missing, superfluous and misplaced padding, loose bits, spaces and foreign digits are refused. */
static void text_parse_base64_refused(void **state)
{
    static const char *const bad[] = {
        "Zg",   "Zg=",   "Zg===", "Z===", "=",     "====", "Zh==", "Zm9=",  "Zm9v=",  "Zm8=Zg",
        "Zm8 ", "Zm8\n", "Zm-v",  "Zm_v", " Zm8=", "Zm=v", "Z",    "Zm9vZ", "Zg==\n", "Zg==Zg=="};
    static const char *const bad_url[] = {"Zg==", "Zh", "Zm9", "Z", "Zm+v", "Zm/v", "Zm8=", "Zm8 "};
    struct buf out = {0};

    (void)state;
    buf_append_text(&out, "kept");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_parse_base64(&out, bytes_of_text(bad[i])));
    for (size_t i = 0; i < sizeof(bad_url) / sizeof(bad_url[0]); i++)
        assert_false(text_parse_base64url(&out, bytes_of_text(bad_url[i])));
    assert_string_equal(buf_text(&out), "kept");
    buf_cleanup(&out);
}

/* Bytes of every length survive both encodings. */
static void text_parse_base64_round_trip(void **state)
{
    struct rng rng = rng_seeded("text_parse_base64_round_trip");
    uint8_t data[100];

    (void)state;
    for (size_t len = 0; len <= sizeof(data); len++) {
        struct buf text = {0};
        struct buf back = {0};

        rng_fill(&rng, data, len);
        text_append_base64(&text, bytes_of(data, len));
        assert_int_equal(text.len % 4, 0);
        assert_true(text_parse_base64(&back, bytes_of_buf(&text)));
        assert_true(bytes_equal(bytes_of_buf(&back), bytes_of(data, len)));
        buf_clear(&text);
        buf_clear(&back);
        text_append_base64url(&text, bytes_of(data, len));
        assert_true(text_parse_base64url(&back, bytes_of_buf(&text)));
        assert_true(bytes_equal(bytes_of_buf(&back), bytes_of(data, len)));
        buf_cleanup(&text);
        buf_cleanup(&back);
    }
}

/* Decimals are read up to and with the limit; signs, spaces and leading zeros are refused. */
static void text_parse_uint_canonical_only(void **state)
{
    static const char *const bad[] = {
        "",
        "00",
        "01",
        "+1",
        "-1",
        "-0",
        " 1",
        "1 ",
        "1\n",
        "0x1",
        "1.0",
        "1e3",
        "18446744073709551616",
        "18446744073709551620",
        "99999999999999999999",
        "184467440737095516150",
        "\xd9\xa1",
    };
    uint64_t value = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(text_parse_uint(&value, bytes_of_text(bad[i]), UINT64_MAX));
        assert_int_equal(value, 7);
    }
    assert_true(text_parse_uint(&value, bytes_of_text("18446744073709551615"), UINT64_MAX));
    assert_true(value == UINT64_MAX);
    assert_true(text_parse_uint(&value, bytes_of_text("0"), 0));
    assert_int_equal(value, 0);
    assert_true(text_parse_uint(&value, bytes_of_text("100"), 100));
    assert_false(text_parse_uint(&value, bytes_of_text("101"), 100));
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF, nothing cut short. */
static void text_is_utf8_borders(void **state)
{
    static const char *const good[] = {
        "",
        "abc",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "a\xe2\x80\x94z",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xe2\x80",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "abc\xff",
        "\xe2\x80\x94\x80",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(text_is_utf8(bytes_of_text(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_is_utf8(bytes_of_text(bad[i])));
    assert_true(text_is_utf8(bytes_of("a\0b", 3)));
}

/* What is escaped comes back; what must not stand in a path or a query is escaped. */
static void text_append_percent_round_trip(void **state)
{
    struct buf escaped = {0};
    struct buf back = {0};
    uint8_t all[256];

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)i;
    text_append_percent(&escaped, bytes_of(all, sizeof(all)), "/@");
    assert_true(text_parse_percent(&back, bytes_of_buf(&escaped)));
    assert_true(bytes_equal(bytes_of_buf(&back), bytes_of(all, sizeof(all))));
    for (const char *bad = "% ?#&+\"<>"; *bad != 0; bad++)
        assert_true(*bad == '%' || memchr(escaped.data, *bad, escaped.len) == NULL);
    buf_clear(&escaped);
    text_append_percent(&escaped, bytes_of_text("a/b@1 c~%"), "/@");
    assert_string_equal(buf_text(&escaped), "a/b@1%20c~%25");
    buf_cleanup(&escaped);
    buf_cleanup(&back);
}

/* An escape that breaks off or is no hex is refused, and leaves nothing behind. */
static void text_parse_percent_refused(void **state)
{
    static const char *const bad[] = {"%", "a%2", "%zz", "%4g", "%%41"};
    struct buf out = {0};

    (void)state;
    buf_append_text(&out, "x");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(text_parse_percent(&out, bytes_of_text(bad[i])));
    assert_string_equal(buf_text(&out), "x");
    assert_true(text_parse_percent(&out, bytes_of_text("%2f%2F+")));
    assert_string_equal(buf_text(&out), "x//+");
    buf_cleanup(&out);
}

/* Splitting takes what precedes each separator and tells the last piece from the others. */
static void text_split_pieces(void **state)
{
    struct bytes rest = bytes_of_text("a//b");
    struct bytes head;

    (void)state;
    assert_true(text_split(&rest, &head, '/'));
    assert_true(bytes_equal_text(head, "a"));
    assert_true(text_split(&rest, &head, '/'));
    assert_int_equal(head.len, 0);
    assert_false(text_split(&rest, &head, '/'));
    assert_true(bytes_equal_text(head, "b"));
    assert_int_equal(rest.len, 0);
    assert_false(text_split(&rest, &head, '/'));
    assert_int_equal(head.len, 0);
    rest = bytes_of(NULL, 0);
    assert_false(text_split(&rest, &head, '/'));
    assert_int_equal(head.len, 0);
}

/* A misspelt word finds its neighbour; a word like none of them finds nothing. */
static void text_nearest_spelling(void **state)
{
    static const char *const words[] = {"listen", "origin", "store_path"};
    char longer[200];

    (void)state;
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = 0;
    assert_string_equal(text_nearest("lisen", words, 3), "listen");
    assert_string_equal(text_nearest("orgin", words, 3), "origin");
    assert_string_equal(text_nearest("storepath", words, 3), "store_path");
    assert_string_equal(text_nearest("origin", words, 3), "origin");
    assert_null(text_nearest("completely", words, 3));
    assert_null(text_nearest(longer, words, 3));
    assert_null(text_nearest("listen", words, 0));
}

/* A UUID is written in five groups of lower-case hex digits. */
static void text_append_uuid_groups(void **state)
{
    struct buf text = {0};
    uint8_t id[16];

    (void)state;
    for (size_t i = 0; i < sizeof(id); i++)
        id[i] = (uint8_t)(0xf0 + i);
    text_append_uuid(&text, bytes_of(id, sizeof(id)));
    assert_string_equal(buf_text(&text), "f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff");
    buf_cleanup(&text);
}

/* Wherever it stands in a text of whatever length: a stray byte is noticed, a whole character is
 * none. */
static void text_is_utf8_anywhere(void **state)
{
    (void)state;
    for (size_t len = 2; len < 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char text[40];

            memset(text, 'a', sizeof(text));
            assert_true(text_is_utf8(bytes_of(text, len)));
            text[at] = (char)0xC3;
            assert_false(text_is_utf8(bytes_of(text, len)));
            if (at + 1 == len)
                continue;
            text[at + 1] = (char)0xA4;
            assert_true(text_is_utf8(bytes_of(text, len)));
            text[at] = 'a';
            assert_false(text_is_utf8(bytes_of(text, len)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_parse_hex_canonical_only),
        cmocka_unit_test(text_append_uuid_groups),
        cmocka_unit_test(text_append_base64_published),
        cmocka_unit_test(text_parse_base64_is_canonical),
        cmocka_unit_test(text_parse_base64_refused),
        cmocka_unit_test(text_parse_base64_round_trip),
        cmocka_unit_test(text_parse_uint_canonical_only),
        cmocka_unit_test(text_is_utf8_borders),
        cmocka_unit_test(text_append_percent_round_trip),
        cmocka_unit_test(text_parse_percent_refused),

        cmocka_unit_test(text_is_utf8_anywhere),
        cmocka_unit_test(text_split_pieces),
        cmocka_unit_test(text_nearest_spelling),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
