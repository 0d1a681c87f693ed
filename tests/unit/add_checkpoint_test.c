#include "schemas/add_checkpoint.h"

#include "tests/support/cmocka_all.h"

/* The example of C2SP tlog-witness. */
static const char EXAMPLE[] = "old 20852014\n"
                              "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
                              "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
                              "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
                              "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
                              "\n"
                              "example.com/behind-the-sofa\n"
                              "20852163\n"
                              "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
                              "\n"
                              "\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1M\n";

/* What was parsed is appended as it came. */
static void add_checkpoint_append_what_was_parsed(void **state)
{
    struct add_checkpoint request;
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(add_checkpoint_parse(&request, bytes_of_text(EXAMPLE), &err));
    assert_int_equal(request.old_size, 20852014);
    assert_int_equal(request.proof.count, 4);
    assert_true(bytes_start_with(request.checkpoint, bytes_of_text("example.com/")));
    add_checkpoint_append(&out, &request);
    assert_string_equal(buf_text(&out), EXAMPLE);
    buf_cleanup(&out);
}

/* From the empty tree there are no hashes. */
static void add_checkpoint_parse_from_the_empty_tree(void **state)
{
    struct add_checkpoint request;
    struct err err = {0};

    (void)state;
    assert_true(add_checkpoint_parse(&request, bytes_of_text("old 0\n\nnote"), &err));
    assert_int_equal(request.old_size, 0);
    assert_int_equal(request.proof.count, 0);
    assert_true(bytes_equal_text(request.checkpoint, "note"));
}

/* Only the one canonical form is taken. */
static void add_checkpoint_parse_refused(void **state)
{
    static const char *const bodies[] = {
        "", "old 1", "old 1\n", "old 01\n\nx", "old -1\n\nx", "old\n\nx", "Old 1\n\nx",
        "old  1\n\nx", "old 1 \n\nx", "old 1\nAA==\n\nx", "old 1\r\n\r\nx",
        "old 9223372036854775809\n\nx",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct add_checkpoint request;
        struct err err = {0};

        assert_false(add_checkpoint_parse(&request, bytes_of_text(bodies[i]), &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

/* The protocol allows 63 hashes and no more. */
static void add_checkpoint_parse_many_hashes(void **state)
{
    struct buf body = {0};
    struct add_checkpoint request;
    struct err err = {0};

    (void)state;
    buf_append_text(&body, "old 1\n");
    for (int i = 0; i < ADD_CHECKPOINT_HASHES_MAX + 1; i++) {
        struct buf whole = {0};

        buf_append_bytes(&whole, bytes_of_buf(&body));
        buf_append_text(&whole, "\nx");
        assert_true(add_checkpoint_parse(&request, bytes_of_buf(&whole), &err));
        assert_int_equal(request.proof.count, i);
        buf_cleanup(&whole);
        buf_append_text(&body, "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n");
    }
    buf_append_text(&body, "\nx");
    assert_false(add_checkpoint_parse(&request, bytes_of_buf(&body), &err));
    buf_cleanup(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_checkpoint_append_what_was_parsed),
        cmocka_unit_test(add_checkpoint_parse_from_the_empty_tree),
        cmocka_unit_test(add_checkpoint_parse_refused),
        cmocka_unit_test(add_checkpoint_parse_many_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
