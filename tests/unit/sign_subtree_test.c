#include "schemas/sign_subtree.h"

#include "tests/support/cmocka_all.h"

/* The example of C2SP tlog-witness, with a shorter signature. */
static const char EXAMPLE[] = "subtree 8 13\n"
                              "mbsQCg+dEIMGlpqeGgk94JutQwKKS2Lo5IuDhKmDjiU=\n"
                              "CD82D2LDm0phY0+xKbHyZfq3Hw21lVkuV7Zis5EFg0k=\n"
                              "h/ghL5nyaXTIBAklqDnisM+SFdbA3izoGZ5oRYMZzc0=\n"
                              "8qtnAAU9sTKQx/zt3E4v8Jt2a9IMQUf0QUawvePF9y0=\n"
                              "KuO5BNOmginG34Lm5G3e2GuiWliGo3K0ebzGpvI0fEg=\n"
                              "\n"
                              "example.com/behind-the-sofa\n14\n"
                              "/CcKVZM9n65aH7jLaIZuUB4/MSlEFQ4+ldwUC21rDHM=\n"
                              "\n\xe2\x80\x94 witness.example/w1 LijDAFSpKvDUj+ZtaJ4lUVcnvno=\n";

/* What was parsed is appended as it came. */
static void sign_subtree_append_what_was_parsed(void **state)
{
    struct sign_subtree request;
    struct buf out = {0};
    struct err err = {0};

    (void)state;
    assert_true(sign_subtree_parse(&request, bytes_of_text(EXAMPLE), &err));
    assert_int_equal(request.range.begin, 8);
    assert_int_equal(request.range.end, 13);
    assert_int_equal(request.hash.bytes[0], 0x99);
    assert_int_equal(request.proof.count, 4);
    sign_subtree_append(&out, &request);
    assert_string_equal(buf_text(&out), EXAMPLE);
    buf_cleanup(&out);
}

/* Only the one canonical form is taken, and there is always a hash. */
static void sign_subtree_parse_refused(void **state)
{
    static const char *const bodies[] = {
        "", "subtree 8 13", "subtree 8 13\n", "subtree 8 13\n\nx", "subtree 8\n\nx",
        "subtree 08 13\n\nx", "subtree 8 13 \n\nx", "subtree 8  13\n\nx", "subtree 8 13\nAA==\n\nx",
        "subtree 9223372036854775809 1\n\nx",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct sign_subtree request;
        struct err err = {0};

        assert_false(sign_subtree_parse(&request, bytes_of_text(bodies[i]), &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_subtree_append_what_was_parsed),
        cmocka_unit_test(sign_subtree_parse_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
