#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

/* err_set keeps code and sentence, and answers false so that it can be returned. */
static void err_set_code_and_text(void **state)
{
    struct err err = {0};

    (void)state;
    assert_false(err_set(&err, ERR_NOT_FOUND, "no entry at index %d", 7));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.text, "no entry at index 7");
}

/* A sentence that is too long is cut, never written beyond its end. */
static void err_set_text_too_long(void **state)
{
    struct err err = {0};
    char text[1000];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    err_set(&err, ERR_IO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    err_wrap(&err, "%s", "outer");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, "outer: aaa", 10);
    err_wrap(&err, "%s", text);
    err_set_errno(&err, ERR_IO, ENOENT, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

/* err_set_errno says what the operating system said. */
static void err_set_errno_text(void **state)
{
    struct err err = {0};

    (void)state;
    assert_false(err_set_errno(&err, ERR_IO, ENOSPC, "write %s", "segment"));
    assert_string_equal(err.text, "write segment: No space left on device");
}

/* err_wrap puts the wider view in front and keeps the code. */
static void err_wrap_keeps_code(void **state)
{
    struct err err = {0};

    (void)state;
    err_set(&err, ERR_CORRUPT, "bad root");
    assert_false(err_wrap(&err, "read head %d", 3));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.text, "read head 3: bad root");
}

/* Every code has a name of its own. */
static void err_code_name_every_code(void **state)
{
    (void)state;
    for (int code = ERR_NONE; code <= ERR_CORRUPT; code++) {
        assert_string_not_equal(err_code_name((enum err_code)code), "unknown");
        for (int other = ERR_NONE; other < code; other++)
            assert_string_not_equal(err_code_name((enum err_code)code),
                                    err_code_name((enum err_code)other));
    }
    assert_string_equal(err_code_name((enum err_code)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_set_code_and_text),    cmocka_unit_test(err_set_text_too_long),
        cmocka_unit_test(err_set_errno_text),       cmocka_unit_test(err_wrap_keeps_code),
        cmocka_unit_test(err_code_name_every_code),
    };

    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
