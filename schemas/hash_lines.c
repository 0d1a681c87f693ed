#include "schemas/hash_lines.h"

#include <string.h>

#include "base/text.h"

void hash_lines_append(struct buf *out, const struct proof *proof)
{
    for (size_t i = 0; i < proof->count; i++) {
        text_append_base64(out, hash_bytes(&proof->hashes[i]));
        buf_append_byte(out, '\n');
    }
    buf_append_byte(out, '\n');
}

bool hash_lines_parse(struct proof *out, struct bytes *rest, struct err *err)
{
    struct buf hash = {0};
    struct bytes line;
    bool ok = true;

    out->count = 0;
    while (ok) {
        buf_clear(&hash);
        if (!text_split(rest, &line, '\n')) {
            ok = err_set(err, ERR_INVALID, "no empty line after the hashes");
        } else if (line.len == 0) {
            break;
        } else if (out->count == PROOF_HASHES_MAX) {
            ok = err_set(err, ERR_INVALID, "more than %d hashes", PROOF_HASHES_MAX);
        } else if (!text_parse_base64(&hash, line) || hash.len != HASH_LEN) {
            ok = err_set(err, ERR_INVALID, "a hash is not 32 bytes in canonical base64");
        } else {
            memcpy(out->hashes[out->count++].bytes, hash.data, HASH_LEN);
        }
    }
    buf_cleanup(&hash);
    return ok;
}
