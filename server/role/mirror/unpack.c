#include "server/role/mirror/unpack.h"

#include <stdlib.h>
#include <zlib.h>

enum { GZIP_ONLY = 16, INPUT_LEN_MAX = 1 << 30 };

struct unpack {
    struct bytes rest; /* of the body */
    bool is_gzip;
    bool is_at_end;
    z_stream stream;
};

struct unpack *unpack_open(struct bytes body, bool is_gzip)
{
    struct unpack *unpack = mem_alloc(sizeof(*unpack));

    unpack->rest = body;
    unpack->is_gzip = is_gzip;
    if (is_gzip)
        CHECK(inflateInit2(&unpack->stream, GZIP_ONLY + MAX_WBITS) == Z_OK);
    return unpack;
}

void unpack_close(struct unpack *unpack)
{
    if (unpack == NULL)
        return;
    if (unpack->is_gzip)
        inflateEnd(&unpack->stream);
    free(unpack);
}

static bool next_plain(struct unpack *unpack, struct buf *out)
{
    size_t len = unpack->rest.len < UNPACK_PIECE_LEN ? unpack->rest.len : UNPACK_PIECE_LEN;

    buf_append_bytes(out, bytes_slice(unpack->rest, 0, len));
    unpack->rest = bytes_slice(unpack->rest, len, unpack->rest.len);
    return len > 0;
}

/* One call of inflate; *out_len is what came of it. */
static int inflate_piece(struct unpack *unpack, uint8_t *out, size_t *out_len)
{
    z_stream *stream = &unpack->stream;
    size_t given = unpack->rest.len < INPUT_LEN_MAX ? unpack->rest.len : INPUT_LEN_MAX;
    int status;

    stream->next_in = (Bytef *)(uintptr_t)unpack->rest.data; /* zlib only reads there */
    stream->avail_in = (uInt)given;
    stream->next_out = out;
    stream->avail_out = UNPACK_PIECE_LEN;
    status = inflate(stream, Z_NO_FLUSH);
    *out_len = UNPACK_PIECE_LEN - stream->avail_out;
    unpack->rest = bytes_slice(unpack->rest, given - stream->avail_in, unpack->rest.len);
    return status;
}

bool unpack_next(struct unpack *unpack, struct buf *out, bool *out_has, struct err *err)
{
    size_t before = out->len;
    size_t len;
    int status;

    if (!unpack->is_gzip) {
        *out_has = next_plain(unpack, out);
        return true;
    }
    *out_has = !unpack->is_at_end;
    if (unpack->is_at_end)
        return true;
    status = inflate_piece(unpack, buf_extend(out, UNPACK_PIECE_LEN), &len);
    out->len = before + len;
    unpack->is_at_end = status == Z_STREAM_END;
    if (unpack->is_at_end && unpack->rest.len > 0)
        return err_set(err, ERR_INVALID, "something follows the compressed body");
    return status == Z_OK || unpack->is_at_end ||
           err_set(err, ERR_INVALID, "the body is not gzip, or was cut off");
}
