#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

/* A span is equal to one of the same content only; empty spans are equal wherever they point. */
static void bytes_equal_content(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of_text("abc"), bytes_of("abcd", 3)));
    assert_false(bytes_equal(bytes_of_text("abc"), bytes_of_text("abd")));
    assert_false(bytes_equal(bytes_of_text("abc"), bytes_of_text("ab")));
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of_text("")));
    assert_true(bytes_equal_text(bytes_of_text("abc"), "abc"));
    assert_false(bytes_equal_text(bytes_of_text("abc"), "ab"));
}

/* Order is bytewise and unsigned, a prefix before what it is a prefix of. */
static void bytes_compare_order(void **state)
{
    (void)state;
    assert_true(bytes_compare(bytes_of_text("a"), bytes_of_text("b")) < 0);
    assert_true(bytes_compare(bytes_of_text("b"), bytes_of_text("ab")) > 0);
    assert_true(bytes_compare(bytes_of_text("ab"), bytes_of_text("a")) > 0);
    assert_true(bytes_compare(bytes_of(NULL, 0), bytes_of_text("a")) < 0);
    assert_true(bytes_compare(bytes_of_text("\x7f"), bytes_of_text("\x80")) < 0);
    assert_int_equal(bytes_compare(bytes_of_text("ab"), bytes_of_text("ab")), 0);
    assert_int_equal(bytes_compare(bytes_of(NULL, 0), bytes_of(NULL, 0)), 0);
}

/* Slices count from the span they are of; an empty span without memory can be sliced too. */
static void bytes_slice_borders(void **state)
{
    struct bytes span = bytes_of_text("abcdef");

    (void)state;
    assert_true(bytes_equal_text(bytes_slice(span, 2, 4), "cd"));
    assert_int_equal(bytes_slice(span, 6, 6).len, 0);
    assert_int_equal(bytes_slice(bytes_of(NULL, 0), 0, 0).len, 0);
    assert_true(bytes_start_with(span, bytes_of_text("abc")));
    assert_true(bytes_start_with(span, bytes_of(NULL, 0)));
    assert_true(bytes_start_with(span, span));
    assert_false(bytes_start_with(span, bytes_of_text("abcdefg")));
    assert_false(bytes_start_with(span, bytes_of_text("b")));
}

/* However it grows, a buffer holds exactly what was appended. */
static void buf_append_grows(void **state)
{
    struct buf buf = {0};

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        assert_int_equal(buf.len, i);
        buf_append_byte(&buf, (uint8_t)(i * 7));
    }
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(buf.data[i], (uint8_t)(i * 7));
    buf_append(&buf, NULL, 0);
    assert_int_equal(buf.len, 10000);
    buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    assert_true(buf.capacity >= 10000);
    buf_cleanup(&buf);
    assert_null(buf.data);
    buf_cleanup(&buf);
}

/* Text and format are appended without a terminating zero, which buf_text adds behind. */
static void buf_append_format_and_text(void **state)
{
    struct buf buf = {0};
    char longer[300];

    (void)state;
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = 0;
    assert_string_equal(buf_text(&buf), "");
    buf_append_text(&buf, "a");
    buf_append_format(&buf, "-%d-%s", 42, longer);
    buf_append_bytes(&buf, bytes_of_text("!"));
    assert_int_equal(buf.len, 1 + 4 + 299 + 1);
    assert_memory_equal(buf_text(&buf), "a-42-xxx", 8);
    assert_int_equal(strlen(buf_text(&buf)), buf.len);
    buf_cleanup(&buf);
}

/* Reserving never changes what is there, and extend then moves nothing. */
static void buf_reserve_then_extend(void **state)
{
    struct buf buf = {0};
    uint8_t *before;

    (void)state;
    buf_append_text(&buf, "abc");
    buf_reserve(&buf, 1000);
    assert_int_equal(buf.len, 3);
    before = buf.data;
    assert_ptr_equal(buf_extend(&buf, 1000), before + 3);
    assert_int_equal(buf.len, 1003);
    assert_memory_equal(buf.data, "abc", 3);
    buf_cleanup(&buf);
    assert_non_null(buf_extend(&buf, 0));
    assert_int_equal(buf.len, 0);
    buf_cleanup(&buf);
}

/* Integers are big-endian, at both ends of their range. */
static void buf_append_be_round_trip(void **state)
{
    struct buf buf = {0};

    (void)state;
    buf_append_be16(&buf, 0x0102);
    buf_append_be32(&buf, 0x03040506);
    buf_append_be64(&buf, 0x0708090a0b0c0d0eu);
    for (unsigned i = 0; i < 14; i++)
        assert_int_equal(buf.data[i], i + 1);
    buf_clear(&buf);
    buf_append_be64(&buf, UINT64_MAX);
    assert_int_equal(read_be16(buf.data), UINT16_MAX);
    assert_int_equal(read_be32(buf.data), UINT32_MAX);
    assert_int_equal(read_be64(buf.data), UINT64_MAX);
    buf_cleanup(&buf);
}

/* Fresh memory is zero; copies are copies; nothing has length zero problems. */
static void mem_alloc_and_copy(void **state)
{
    uint8_t *zeros = mem_alloc_array(10, 10);
    char *text = mem_copy_text("abc");
    char *formatted = mem_format("%d%s", 1, "b");
    void *nothing = mem_copy(NULL, 0);
    void *empty = mem_alloc(0);

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(zeros[i], 0);
    zeros = mem_realloc_array(zeros, 50, 10);
    assert_int_equal(zeros[99], 0);
    assert_string_equal(text, "abc");
    assert_string_equal(formatted, "1b");
    assert_non_null(nothing);
    assert_non_null(empty);
    free(zeros);
    free(text);
    free(formatted);
    free(nothing);
    free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_equal_content),        cmocka_unit_test(bytes_compare_order),
        cmocka_unit_test(bytes_slice_borders),        cmocka_unit_test(buf_append_grows),
        cmocka_unit_test(buf_append_format_and_text), cmocka_unit_test(buf_reserve_then_extend),
        cmocka_unit_test(buf_append_be_round_trip),   cmocka_unit_test(mem_alloc_and_copy),
    };

    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
