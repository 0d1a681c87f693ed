/* Text of others on a terminal: everything that is there is seen, and nothing steers. */
#include "client/plain_text.h"

#include <string.h>

#include "tests/support/cmocka_all.h"

static void assert_shown(const char *text, size_t len, const char *want)
{
    struct buf out = {0};

    plain_text_append(&out, bytes_of(text, len));
    assert_string_equal(buf_text(&out), want);
    buf_cleanup(&out);
}

/* What everybody can read is shown as it is, in every script. */
static void plain_text_append_readable(void **state)
{
    static const char *const TEXTS[] = {"usr_41c", "Grüße, «né» – 50 %", "Ελληνικά", "契約 8841",
                                        "a/b:c@d+e=f", "😀"};

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
        assert_shown(TEXTS[i], strlen(TEXTS[i]), TEXTS[i]);
}

/* Controls, what cannot be seen, what changes the order, and the backslash are written out. */
static void plain_text_append_hidden(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } CASES[] = {
        {"a\nb", "a\\nb"},
        {"\r\t", "\\r\\t"},
        {"\033[2J", "\\u{1b}[2J"},
        {"\\n", "\\\\n"},
        {"\x7f", "\\u{7f}"},
        {"\xc2\x9b" "31m", "\\u{9b}31m"},           /* CSI in eight bits */
        {"\xe2\x80\xae" "fdp", "\\u{202e}fdp"},     /* right to left from here */
        {"\xe2\x81\xa6x\xe2\x81\xa9", "\\u{2066}x\\u{2069}"},
        {"a\xe2\x80\x8b" "b", "a\\u{200b}b"},       /* no width */
        {"a\xc2\xa0" "b", "a\\u{a0}b"},
        {"e\xcc\x81", "e\\u{301}"},                 /* a mark over the character before */
        {"\xef\xbb\xbf", "\\u{feff}"},
        {"\xf3\xa0\x80\xa1", "\\u{e0021}"},         /* a tag character */
        {"\xee\x80\x80", "\\u{e000}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        assert_shown(CASES[i].text, strlen(CASES[i].text), CASES[i].want);
    assert_shown("a\0b", 3, "a\\u{0}b");
}

/* A byte that is no UTF-8 is written out by itself, and what follows it is read anew. */
static void plain_text_append_foreign(void **state)
{
    (void)state;
    assert_shown("\xff", 1, "\\x{ff}");
    assert_shown("\x80y", 2, "\\x{80}y");
    assert_shown("\xc3", 1, "\\x{c3}");
    assert_shown("\xe2\x80y", 3, "\\x{e2}\\x{80}y");
    assert_shown("\xed\xa0\x80", 3, "\\x{ed}\\x{a0}\\x{80}"); /* a surrogate */
    assert_shown("\xc0\xaf", 2, "\\x{c0}\\x{af}");            /* not the shortest form */
    assert_shown("\xf8\x88\x80\x80\x80", 5, "\\x{f8}\\x{88}\\x{80}\\x{80}\\x{80}");
}

/* A character counts for as many columns as it can take. */
static void plain_text_next_columns(void **state)
{
    struct bytes rest = bytes_of_text("a\xe5\xa5\x91\n");
    struct buf out = {0};

    (void)state;
    assert_int_equal(plain_text_next(&out, &rest), 1);
    assert_int_equal(plain_text_next(&out, &rest), 2);
    assert_int_equal(plain_text_next(&out, &rest), 2);
    assert_int_equal(rest.len, 0);
    buf_cleanup(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_append_readable),
        cmocka_unit_test(plain_text_append_hidden),
        cmocka_unit_test(plain_text_append_foreign),
        cmocka_unit_test(plain_text_next_columns),
    };

    return cmocka_run_group_tests_name("plain_text", tests, NULL, NULL);
}
