#include "schemas/approval_nonce.h"

#include <string.h>

#include "base/text.h"

/* The terminating zero is part of it. */
static const char LABEL[] = "vouch/approval/v1";

void approval_nonce_derive(char out[APPROVAL_NONCE_LEN + 1], const struct hash *action_digest,
                           struct bytes request_nonce)
{
    struct buf text = {0};
    struct hasher hasher;
    struct hash digest;

    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of(LABEL, sizeof(LABEL)));
    hasher_update(&hasher, hash_bytes(action_digest));
    hasher_update(&hasher, request_nonce);
    hasher_final(&hasher, &digest);
    text_append_base64url(&text, hash_bytes(&digest));
    CHECK(text.len == APPROVAL_NONCE_LEN);
    memcpy(out, buf_text(&text), APPROVAL_NONCE_LEN + 1);
    buf_cleanup(&text);
}
