#include "schemas/key.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/text.h"

/*
 * SubjectPublicKeyInfo in DER is a constant followed by the raw key for both types, so nothing
 * else needs to be understood, and there is one encoding of a key only.
 */
static const uint8_t ED25519_PREFIX[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                         0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
static const uint8_t P256_PREFIX[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

static const char PEM_NAME[] = "PUBLIC KEY";

enum { PEM_LINE_BYTES = 48 }; /* 64 characters of base64 */

static bool from_der(struct public_key **out, struct bytes der, struct err *err)
{
    struct bytes ed25519 = bytes_of(ED25519_PREFIX, sizeof(ED25519_PREFIX));
    struct bytes p256 = bytes_of(P256_PREFIX, sizeof(P256_PREFIX));

    if (bytes_start_with(der, ed25519))
        return public_key_from_raw(out, KEY_ED25519, bytes_slice(der, ed25519.len, der.len), err);
    if (bytes_start_with(der, p256))
        return public_key_from_raw(out, KEY_P256, bytes_slice(der, p256.len, der.len), err);
    return err_set(err, ERR_INVALID, "neither an Ed25519 key nor an uncompressed P-256 key");
}

bool public_key_from_pem(struct public_key **out, struct bytes pem, struct err *err)
{
    char *name = NULL;
    char *header = NULL;
    uint8_t *der = NULL;
    long der_len = 0;
    BIO *bio;
    bool ok;

    if (pem.len > KEY_FILE_LEN_MAX)
        return err_set(err, ERR_INVALID, "a key of more than %d bytes", KEY_FILE_LEN_MAX);
    bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (bio == NULL || PEM_read_bio(bio, &name, &header, &der, &der_len) != 1)
        ok = err_set(err, ERR_INVALID, "not PEM");
    else if (strcmp(name, PEM_NAME) != 0)
        ok = err_set(err, ERR_INVALID, "PEM of a %s, not of a %s", name, PEM_NAME);
    else
        ok = from_der(out, bytes_of(der, (size_t)der_len), err);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)der_len);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

void public_key_append_pem(struct buf *out, const struct public_key *key)
{
    bool is_p256 = public_key_type(key) == KEY_P256;
    struct buf der = {0};

    if (is_p256)
        buf_append(&der, P256_PREFIX, sizeof(P256_PREFIX));
    else
        buf_append(&der, ED25519_PREFIX, sizeof(ED25519_PREFIX));
    buf_append_bytes(&der, public_key_raw(key));
    buf_append_format(out, "-----BEGIN %s-----\n", PEM_NAME);
    for (size_t i = 0; i < der.len; i += PEM_LINE_BYTES) {
        size_t end = i + PEM_LINE_BYTES < der.len ? i + PEM_LINE_BYTES : der.len;

        text_append_base64(out, bytes_slice(bytes_of_buf(&der), i, end));
        buf_append_byte(out, '\n');
    }
    buf_append_format(out, "-----END %s-----\n", PEM_NAME);
    buf_cleanup(&der);
}
