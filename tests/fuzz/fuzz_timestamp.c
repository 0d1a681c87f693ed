/*
 * Any bytes as certificates, a zero byte, and the reply of a time-stamp authority or its token: no
 * crash, and no time without an authority.
 */
#include <string.h>

#include "schemas/timestamp.h"
#include "tests/fuzz/fuzz.h"

static void check_token(struct bytes token, struct bytes ca_pem)
{
    struct timestamp_query query = {0};
    struct timestamp stamp;
    struct err err = {0};

    hash_sha256(&query.imprint, bytes_of_text("what is stamped"));
    if (timestamp_verify(&stamp, token, &query, ca_pem, &err))
        CHECK(stamp.authority[0] != 0 && stamp.before_s >= stamp.at_s);
    else
        CHECK(err.code == ERR_INVALID || err.code == ERR_REFUSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *zero = len == 0 ? NULL : memchr(data, 0, len);
    size_t ca_len = zero == NULL ? len : (size_t)(zero - data);
    struct bytes rest = bytes_of(data + (zero == NULL ? len : ca_len + 1),
                                 zero == NULL ? 0 : len - ca_len - 1);
    struct buf token = {0};
    struct err err = {0};

    check_token(rest, bytes_of(data, ca_len));
    if (timestamp_reply_token(&token, rest, &err))
        check_token(bytes_of_buf(&token), bytes_of(data, ca_len));
    else
        CHECK(err.code == ERR_INVALID || err.code == ERR_REFUSED);
    buf_cleanup(&token);
    return 0;
}
