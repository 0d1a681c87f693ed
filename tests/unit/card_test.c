/* What somebody decides on, line by line: no value can pass for another line. */
#include "client/decision/card.h"

#include <string.h>

#include "client/decision/question.h"
#include "tests/support/cmocka_all.h"

static void assert_card(struct buf *out, const char *want)
{
    assert_string_equal(buf_text(out), want);
    buf_cleanup(out);
}

/* A short value stands behind its label. */
static void card_line_short(void **state)
{
    struct buf out = {0};

    (void)state;
    card_text(&out, "risk", "high");
    assert_card(&out, "  risk          high\n");
}

/* A long value goes on under itself, and an end of line in it is written out. */
static void card_line_broken(void **state)
{
    struct buf text = {0};
    struct buf out = {0};
    const char *shown;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        buf_append_byte(&text, i == 50 ? '\n' : ' ');
    buf_append_text(&text, "risk            low");
    card_line(&out, "extent", bytes_of_buf(&text));
    shown = buf_text(&out);
    assert_non_null(strstr(shown, "\\n"));
    for (const char *line = shown; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t len = (size_t)(strchr(line, '\n') - line);

        assert_true(len <= CARD_COLUMNS);
        if (line != shown)
            assert_memory_equal(line, "                ", CARD_LABEL_COLUMNS);
    }
    buf_cleanup(&text);
    buf_cleanup(&out);
}

/* A value is never cut within a character that takes two columns. */
static void card_line_wide(void **state)
{
    struct buf text = {0};
    struct buf out = {0};

    (void)state;
    buf_append_text(&text, "x");
    for (size_t i = 0; i < 32; i++)
        buf_append_text(&text, "契");
    card_line(&out, "extent", bytes_of_buf(&text));
    assert_non_null(strstr(buf_text(&out), "\n                契\n"));
    buf_cleanup(&text);
    buf_cleanup(&out);
}

/* Times are told with how far away they are. */
static void card_time_distance(void **state)
{
    struct buf out = {0};

    (void)state;
    card_time(&out, "expires", 90000, 0);
    card_time(&out, "expires", 1000, 60001000);
    card_time(&out, "expires", 0, UINT64_C(1000) * 3600 * 72);
    assert_card(&out, "  expires       1970-01-01T00:01:30.000Z, in 1 min\n"
                      "  expires       1970-01-01T00:00:01.000Z, 16 h 40 min ago\n"
                      "  expires       1970-01-01T00:00:00.000Z, 3 days ago\n");
}

/* A payload keeps its lines, each behind a bar; what is left out is counted. */
static void card_payload_lines(void **state)
{
    struct buf out = {0};

    (void)state;
    card_payload(&out, bytes_of_text("one\n\n  risk            low\nfour"), 3);
    assert_card(&out, "              | one\n"
                      "              | \n"
                      "              |   risk            low\n"
                      "                (4 more bytes are not shown here)\n");
    card_payload(&out, bytes_of_text(""), 3);
    assert_card(&out, "");
}

/* The short code is of the digest's first four bytes. */
static void short_code_make_digits(void **state)
{
    struct hash digest = {{0x3f, 0xa9, 0x17, 0xc2, 0xff}};
    char code[SHORT_CODE_LEN + 1];

    (void)state;
    short_code_make(code, &digest);
    assert_string_equal(code, "3fa9-17c2");
}

/* A code counts however it is spaced, and nothing else does: no part of it, no yes. */
static void short_code_is_typed(void **state)
{
    static const char *const GOOD[] = {"3fa9-17c2", "3fa917c2", " 3FA9 17C2 ", "3fa9-17c2\r"};
    static const char *const BAD[] = {"", "y", "yes", "3fa9", "3fa9-17c", "3fa9-17c22",
                                      "3fa9-17c3", "-", "3fa9-17c2 yes"};

    (void)state;
    for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++)
        assert_true(short_code_is("3fa9-17c2", GOOD[i]));
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_false(short_code_is("3fa9-17c2", BAD[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_line_short),
        cmocka_unit_test(card_line_broken),
        cmocka_unit_test(card_line_wide),
        cmocka_unit_test(card_time_distance),
        cmocka_unit_test(card_payload_lines),
        cmocka_unit_test(short_code_make_digits),
        cmocka_unit_test(short_code_is_typed),
    };

    return cmocka_run_group_tests_name("card", tests, NULL, NULL);
}
