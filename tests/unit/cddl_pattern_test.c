#include "schemas/cddl/pattern.h"

#include "tests/support/cmocka_all.h"

/* A pattern matches whole texts, each part as often as it may. */
static void cddl_pattern_match_whole_texts(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"abc", "abc", true},
        {"abc", "ab", false},
        {"abc", "abcd", false},
        {"abc", "xabc", false},
        {"[a-c]{2}", "ca", true},
        {"[a-c]{2}", "cab", false},
        {"[a-c]{2,}", "cab", true},
        {"[a-c]{2,}", "c", false},
        {"[a-c]{0,2}x", "x", true},
        {"[a-c]{0,2}x", "abx", true},
        {"[a-c]{0,2}x", "abcx", false},
        {"a?b*c+", "c", true},
        {"a?b*c+", "abbbccc", true},
        {"a?b*c+", "aabc", false},
        {"[-a]", "-", true},
        {"[a-]", "-", true},
        {"[a-]", "b", false},
        {"[\\]\\-\\\\]+", "]-\\", true},
        {"\\.\\$", ".$", true},
        {"a-b", "a-b", true},
        {"[+=/@:._-]", "@", true},
        {"[!-~]{3}", "a\xC3\xA9", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cddl_pattern pattern;
        struct err err = {0};

        if (!cddl_pattern_compile(&pattern, bytes_of_text(rows[i].pattern), &err))
            fail_msg("%s: %s", rows[i].pattern, err.text);
        if (cddl_pattern_match(&pattern, bytes_of_text(rows[i].text)) != rows[i].matches)
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].text);
    }
}

/* A zero byte is a character that no class has. */
static void cddl_pattern_match_of_a_zero_byte(void **state)
{
    struct cddl_pattern pattern;
    struct err err = {0};

    (void)state;
    assert_true(cddl_pattern_compile(&pattern, bytes_of_text("[ -~]*"), &err));
    assert_true(cddl_pattern_match(&pattern, bytes_of("ab", 2)));
    assert_false(cddl_pattern_match(&pattern, bytes_of("a\0b", 3)));
    assert_false(cddl_pattern_compile(&pattern, bytes_of("a\0", 2), &err));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cddl_pattern_match_whole_texts),
        cmocka_unit_test(cddl_pattern_match_of_a_zero_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
