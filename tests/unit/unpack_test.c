#include "server/role/mirror/unpack.h"

#include <stdlib.h>
#include <zlib.h>

#include "tests/support/cmocka_all.h"

enum { TEXT_LEN = 300000 };

static void append_text(struct buf *out)
{
    for (uint32_t i = 0; out->len < TEXT_LEN; i++)
        buf_append_format(out, "%u ", i * 2654435761u);
    out->len = TEXT_LEN;
}

static void append_gzip(struct buf *out, const struct buf *text)
{
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = text->data;
    stream.avail_in = (uInt)text->len;
    stream.next_out = buf_extend(out, TEXT_LEN + 1000);
    stream.avail_out = TEXT_LEN + 1000;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len = stream.total_out;
    deflateEnd(&stream);
}

/* Appends all pieces; false where one is refused. */
static bool read_all(struct buf *out, struct bytes body, bool is_gzip)
{
    struct unpack *unpack = unpack_open(body, is_gzip);
    struct err err = {0};
    bool has = true;
    bool ok = true;

    while (ok && has) {
        size_t before = out->len;

        ok = unpack_next(unpack, out, &has, &err);
        assert_true(out->len - before <= UNPACK_PIECE_LEN);
    }
    assert_int_equal(err.code, ok ? ERR_NONE : ERR_INVALID);
    unpack_close(unpack);
    return ok;
}

/* What was packed, or was not, comes out as it was, in pieces. */
static void unpack_next_whole(void **state)
{
    struct buf text = {0};
    struct buf packed = {0};
    struct buf out = {0};

    (void)state;
    append_text(&text);
    append_gzip(&packed, &text);
    assert_true(read_all(&out, bytes_of_buf(&packed), true));
    assert_true(bytes_equal(bytes_of_buf(&out), bytes_of_buf(&text)));
    buf_clear(&out);
    assert_true(read_all(&out, bytes_of_buf(&text), false));
    assert_true(bytes_equal(bytes_of_buf(&out), bytes_of_buf(&text)));
    buf_clear(&out);
    assert_true(read_all(&out, (struct bytes){0}, false));
    assert_int_equal(out.len, 0);
    buf_cleanup(&out);
    buf_cleanup(&packed);
    buf_cleanup(&text);
}

/* Cut anywhere it is refused at its end, and what came out before is a beginning of the whole. */
static void unpack_next_cut(void **state)
{
    struct buf text = {0};
    struct buf packed = {0};
    struct buf out = {0};

    (void)state;
    append_text(&text);
    append_gzip(&packed, &text);
    for (size_t len = 0; len < packed.len; len += 997) {
        buf_clear(&out);
        assert_false(read_all(&out, bytes_of(packed.data, len), true));
        assert_true(bytes_start_with(bytes_of_buf(&text), bytes_of_buf(&out)));
    }
    buf_cleanup(&out);
    buf_cleanup(&packed);
    buf_cleanup(&text);
}

/* Other bytes, and bytes behind the end, are no body. */
static void unpack_next_refused(void **state)
{
    struct buf text = {0};
    struct buf packed = {0};
    struct buf out = {0};

    (void)state;
    append_text(&text);
    assert_false(read_all(&out, bytes_of_buf(&text), true));
    append_gzip(&packed, &text);
    buf_append_byte(&packed, 0);
    assert_false(read_all(&out, bytes_of_buf(&packed), true));
    buf_cleanup(&out);
    buf_cleanup(&packed);
    buf_cleanup(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpack_next_whole),
        cmocka_unit_test(unpack_next_cut),
        cmocka_unit_test(unpack_next_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
