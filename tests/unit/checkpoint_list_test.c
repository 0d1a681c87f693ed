#include "schemas/checkpoint_list.h"

#include "tests/support/cmocka_all.h"

#define ONE "a\n1\nroot\n\n- a sig\n"
#define OTHER "b\n2\nroot\nextension\n\n- b sig\n- c sig\n"

/* How many notes a text falls apart into; -1 when it does not. */
static int count_notes(const char *text)
{
    struct bytes rest = bytes_of_text(text);
    struct err err = {0};
    struct bytes note;
    int count = 0;

    while (rest.len > 0) {
        if (!checkpoint_list_next(&rest, &note, &err)) {
            assert_int_equal(err.code, ERR_INVALID);
            return -1;
        }
        count++;
    }
    return count;
}

/* What was appended comes out again, each note as it was. */
static void checkpoint_list_append_round_trip(void **state)
{
    struct buf text = {0};
    struct err err = {0};
    struct bytes rest;
    struct bytes note;

    (void)state;
    buf_append_text(&text, "before");
    checkpoint_list_append(&text, 6, bytes_of_text(ONE));
    checkpoint_list_append(&text, 6, bytes_of_text(OTHER));
    checkpoint_list_append(&text, 6, bytes_of_text(ONE));
    rest = bytes_slice(bytes_of_buf(&text), 6, text.len);
    assert_true(checkpoint_list_next(&rest, &note, &err));
    assert_true(bytes_equal_text(note, ONE));
    assert_true(checkpoint_list_next(&rest, &note, &err));
    assert_true(bytes_equal_text(note, OTHER));
    assert_true(checkpoint_list_next(&rest, &note, &err));
    assert_true(bytes_equal_text(note, ONE));
    assert_int_equal(rest.len, 0);
    buf_cleanup(&text);
}

/* A list has no empty line but before signatures and between notes. */
static void checkpoint_list_next_forms(void **state)
{
    (void)state;
    assert_int_equal(count_notes(""), 0);
    assert_int_equal(count_notes(ONE), 1);
    assert_int_equal(count_notes(ONE "\n" OTHER), 2);
    assert_int_equal(count_notes(ONE "\n"), -1);
    assert_int_equal(count_notes("a\n1\nroot\n"), -1);
    assert_int_equal(count_notes(ONE "\nrest"), -1);
    assert_int_equal(count_notes("\n"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint_list_append_round_trip),
        cmocka_unit_test(checkpoint_list_next_forms),
    };

    return cmocka_run_group_tests_name("checkpoint_list", tests, NULL, NULL);
}
