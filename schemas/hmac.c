#include "schemas/hmac.h"

#include <openssl/evp.h>

void hmac_sha256(struct hash *out, struct bytes key, struct bytes message)
{
    size_t len = 0;

    CHECK(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key.data, key.len, message.data,
                    message.len, out->bytes, sizeof(out->bytes), &len) != NULL);
    CHECK(len == sizeof(out->bytes));
}
