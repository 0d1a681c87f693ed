#include "schemas/dcbor.h"

#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/sample_cbor.h"

/* [{"a": 1, "b/c~": [2, {"d": 3}]}, 4, {1: 5, -1: 6}] */
static const char SAMPLE[] = "83 a2 6161 01 64622f637e 82 02 a1 6164 03 04 a2 01 05 20 06";

/* The path of every item of a nested value; a key has the path of its pair. */
static void dcbor_path_every_position(void **state)
{
    static const struct {
        size_t position;
        const char *path;
    } rows[] = {
        {0, ""},
        {1, "/0"},
        {2, "/0/a"},
        {4, "/0/a"},
        {5, "/0/b~1c~0"},
        {10, "/0/b~1c~0"},
        {11, "/0/b~1c~0/0"},
        {12, "/0/b~1c~0/1"},
        {13, "/0/b~1c~0/1/d"},
        {15, "/0/b~1c~0/1/d"},
        {16, "/1"},
        {17, "/2"},
        {18, "/2/1"},
        {19, "/2/1"},
        {20, "/2/-1"},
        {21, "/2/-1"},
        {22, ""},
        {99, ""},
    };
    struct buf input = {0};

    (void)state;
    sample_append_hex(&input, SAMPLE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[64];

        dcbor_path(path, sizeof(path), bytes_of_buf(&input), rows[i].position);
        assert_string_equal(path, rows[i].path);
    }
    buf_cleanup(&input);
}

/* A path that does not fit is cut between characters, never inside one. */
static void dcbor_path_cut(void **state)
{
    struct buf input = {0};
    char path[4];

    (void)state;
    sample_append_hex(&input, "a1 65 61c3a9c3a9 00");
    memset(path, 'x', sizeof(path));
    dcbor_path(path, 4, bytes_of_buf(&input), 7);
    assert_string_equal(path, "/a");
    dcbor_path(path, 1, bytes_of_buf(&input), 7);
    assert_string_equal(path, "");
    buf_cleanup(&input);
}

/* Input nested deeper than records may be ends the path, not the program. */
static void dcbor_path_too_deep(void **state)
{
    uint8_t input[64];
    char path[128];

    (void)state;
    memset(input, 0x81, sizeof(input));
    dcbor_path(path, sizeof(path), bytes_of(input, sizeof(input)), sizeof(input));
    assert_string_equal(path, "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(dcbor_path_every_position),
        cmocka_unit_test(dcbor_path_cut),
        cmocka_unit_test(dcbor_path_too_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
