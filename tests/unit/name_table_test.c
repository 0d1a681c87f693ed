/* Names and their numbers. */
#include "schemas/rules/name_table.h"

#include <stdio.h>

#include "tests/support/cmocka_all.h"

static struct bytes name_of(char out[16], unsigned n)
{
    snprintf(out, 16, "node-%u", n);
    return bytes_of_text(out);
}

/* Every name keeps the number it was given first, whatever is added later. */
static void name_table_add_many(void **state)
{
    struct name_table table = {0};
    char text[16];
    bool is_new;

    (void)state;
    for (unsigned n = 0; n < 1000; n++) {
        assert_int_equal(name_table_add(&table, name_of(text, n), &is_new), n);
        assert_true(is_new);
    }
    for (unsigned n = 0; n < 1000; n++) {
        assert_int_equal(name_table_add(&table, name_of(text, n), &is_new), n);
        assert_false(is_new);
        assert_int_equal(name_table_find(&table, name_of(text, n)), n);
        assert_true(bytes_equal(name_table_at(&table, n), name_of(text, n)));
    }
    assert_int_equal(name_table_find(&table, bytes_of_text("node")), NAME_NONE);
    assert_int_equal(name_table_find(&table, (struct bytes){0}), NAME_NONE);
    name_table_cleanup(&table);
}

/* Cleared, a table knows nothing and counts from 0; so does one never used. */
static void name_table_clear_all(void **state)
{
    struct name_table table = {0};

    (void)state;
    name_table_clear(&table);
    assert_int_equal(name_table_find(&table, bytes_of_text("a")), NAME_NONE);
    name_table_add(&table, bytes_of_text("a"), NULL);
    name_table_clear(&table);
    assert_int_equal(name_table_find(&table, bytes_of_text("a")), NAME_NONE);
    assert_int_equal(name_table_add(&table, bytes_of_text("b"), NULL), 0);
    name_table_cleanup(&table);
}

/* A full table takes no new name and still knows the old ones. */
static void name_table_add_full(void **state)
{
    struct name_table table = {0};
    char text[16];

    (void)state;
    for (unsigned n = 0; n < NAME_TABLE_MAX; n++)
        assert_int_equal(name_table_add(&table, name_of(text, n), NULL), n);
    assert_int_equal(name_table_add(&table, bytes_of_text("one more"), NULL), NAME_NONE);
    assert_int_equal(name_table_add(&table, name_of(text, 7), NULL), 7);
    name_table_cleanup(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_table_add_many),
        cmocka_unit_test(name_table_clear_all),
        cmocka_unit_test(name_table_add_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
