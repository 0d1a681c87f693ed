/* Columns of tables: what stands in one never moves or hides what stands in the next. */
#include "client/cell.h"

#include "tests/support/cmocka_all.h"

static void assert_padded(const char *text, size_t columns, const char *want)
{
    struct buf out = {0};

    cell_append_padded(&out, bytes_of_text(text), columns);
    assert_string_equal(buf_text(&out), want);
    buf_cleanup(&out);
}

/* A text that fits is padded, also when it fills the column. */
static void cell_append_padded_fits(void **state)
{
    (void)state;
    assert_padded("", 3, "   ");
    assert_padded("ab", 4, "ab  ");
    assert_padded("abcd", 4, "abcd");
}

/* A longer one is cut, never within a character, and says so. */
static void cell_append_padded_cut(void **state)
{
    (void)state;
    assert_padded("abcde", 4, "a...");
    assert_padded("契契契契", 6, "契... ");
    assert_padded("ab\x1b[2J", 6, "ab... ");
}

/* What would steer a terminal counts with the columns of what it is written as. */
static void cell_append_padded_hidden(void **state)
{
    (void)state;
    assert_padded("\n", 4, "\\n  ");
    assert_padded("\xff", 7, "\\x{ff} ");
    assert_int_equal(cell_columns(bytes_of_text("a\n契"), 100), 5);
    assert_int_equal(cell_columns(bytes_of_text("aaaaaa"), 3), 3);
}

/* Without padding nothing follows the text. */
static void cell_append_last(void **state)
{
    struct buf out = {0};

    (void)state;
    cell_append(&out, bytes_of_text("ab"), 4);
    cell_append(&out, bytes_of_text("abcdefgh"), 5);
    assert_string_equal(buf_text(&out), "abab...");
    buf_cleanup(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cell_append_padded_fits),
        cmocka_unit_test(cell_append_padded_cut),
        cmocka_unit_test(cell_append_padded_hidden),
        cmocka_unit_test(cell_append_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
