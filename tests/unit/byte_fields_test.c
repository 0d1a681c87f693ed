#include "schemas/byte_fields.h"

#include "base/text.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/vectors.h"

/* Every name in byte_fields.txt, which is made from the CDDL, is a byte field. */
static void byte_fields_have_every_name_of_the_list(void **state)
{
    struct buf list = {0};
    struct bytes rest;
    struct bytes name;
    size_t count = 0;

    (void)state;
    vectors_read(&list, VECTORS_DIR "/../../schemas/byte_fields.txt");
    rest = bytes_of_buf(&list);
    while (text_split(&rest, &name, '\n')) {
        assert_true(byte_fields_have(byte_fields_known(), name));
        count++;
    }
    assert_int_equal(rest.len, 0);
    assert_int_equal(byte_fields_known()->count, count);
    buf_cleanup(&list);
}

/* Other names are not, not even those near the ends of the list or near a name in it. */
static void byte_fields_have_not_another_name(void **state)
{
    static const char *const others[] = {"",      "a",     "action_diges", "action_digest_",
                                         "type",  "roots", "roo",          "trace_id_",
                                         "zebra", "Root",  "run"};

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(byte_fields_have(byte_fields_known(), bytes_of_text(others[i])));
    assert_false(byte_fields_have(byte_fields_known(), bytes_of(NULL, 0)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_fields_have_every_name_of_the_list),
        cmocka_unit_test(byte_fields_have_not_another_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
