#include "schemas/commitment.h"

#include "schemas/hmac.h"
#include "schemas/record_maker.h"

static const char LABEL[] = "vouch/opening/v1"; /* hashed with its terminating zero */

void commitment_make(struct hash *out, const uint8_t key[OPENING_KEY_LEN], struct bytes payload)
{
    struct buf message = {0};

    buf_append(&message, LABEL, sizeof(LABEL));
    buf_append_bytes(&message, payload);
    hmac_sha256(out, bytes_of(key, OPENING_KEY_LEN), bytes_of_buf(&message));
    buf_cleanup(&message);
}

void commitment_append(struct buf *out, const struct hash *commitment, struct bytes media_type)
{
    struct record_maker maker = {0};

    record_maker_put_literal(&maker, "algorithm", "hmac-sha-256");
    record_maker_put_bytes(&maker, "digest", hash_bytes(commitment));
    if (media_type.len > 0)
        record_maker_put_text(&maker, "media_type", media_type);
    record_maker_finish(&maker, out);
}
