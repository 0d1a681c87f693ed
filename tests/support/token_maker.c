#include "tests/support/token_maker.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct token_key {
    EVP_PKEY *key;
    char *kid;
    const char *crv; /* NULL: RSA */
    size_t coordinate_len;
};

struct token_key *token_key_new(const char *type, const char *kid)
{
    struct token_key *key = mem_alloc(sizeof(*key));

    key->kid = mem_copy_text(kid);
    if (strncmp(type, "RSA", 3) == 0) {
        key->key = EVP_RSA_gen(type[3] == 0 ? 2048u : 1024u);
    } else {
        key->key = EVP_EC_gen(type);
        key->crv = type;
        key->coordinate_len = ((size_t)EVP_PKEY_get_bits(key->key) + 7) / 8;
    }
    CHECK(key->key != NULL);
    return key;
}

void token_key_free(struct token_key *key)
{
    EVP_PKEY_free(key->key);
    free(key->kid);
    free(key);
}

/* ,"name":"base64url of the number", padded to len with zeros; 0: as short as it is. */
static void append_number(struct buf *out, const struct token_key *key, const char *name,
                          const char *parameter, size_t len)
{
    BIGNUM *number = NULL;
    uint8_t bytes[1024];
    int used;

    CHECK(EVP_PKEY_get_bn_param(key->key, parameter, &number) == 1);
    used = len == 0 ? BN_bn2bin(number, bytes) : BN_bn2binpad(number, bytes, (int)len);
    CHECK(used > 0);
    buf_append_format(out, ",\"%s\":\"", name);
    text_append_base64url(out, bytes_of(bytes, (size_t)used));
    buf_append_byte(out, '"');
    BN_free(number);
}

void token_key_append_jwk(struct buf *out, const struct token_key *key, const char *more)
{
    buf_append_format(out, "{\"kty\":\"%s\"", key->crv == NULL ? "RSA" : "EC");
    if (key->kid[0] != 0)
        buf_append_format(out, ",\"kid\":\"%s\"", key->kid);
    if (key->crv == NULL) {
        append_number(out, key, "n", OSSL_PKEY_PARAM_RSA_N, 0);
        append_number(out, key, "e", OSSL_PKEY_PARAM_RSA_E, 0);
    } else {
        buf_append_format(out, ",\"crv\":\"%s\"", key->crv);
        append_number(out, key, "x", OSSL_PKEY_PARAM_EC_PUB_X, key->coordinate_len);
        append_number(out, key, "y", OSSL_PKEY_PARAM_EC_PUB_Y, key->coordinate_len);
    }
    buf_append_format(out, "%s}", more);
}

void token_keys_append_set(struct buf *out, const struct token_key *a, const struct token_key *b)
{
    buf_append_text(out, "{\"keys\":[");
    token_key_append_jwk(out, a, "");
    if (b != NULL) {
        buf_append_byte(out, ',');
        token_key_append_jwk(out, b, "");
    }
    buf_append_text(out, "]}");
}

void token_key_append_pem(struct buf *out, const struct token_key *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long len;

    CHECK(bio != NULL && PEM_write_bio_PUBKEY(bio, key->key) == 1);
    len = BIO_get_mem_data(bio, &text);
    buf_append(out, text, (size_t)len);
    BIO_free(bio);
}

/* ---- tokens ---- */

static void append_input(struct buf *out, const char *header, const char *payload)
{
    text_append_base64url(out, bytes_of_text(header));
    buf_append_byte(out, '.');
    text_append_base64url(out, bytes_of_text(payload));
}

static void append_signature(struct buf *out, struct bytes signature)
{
    buf_append_byte(out, '.');
    text_append_base64url(out, signature);
}

/* The two numbers of an ECDSA signature, each as long as a coordinate (RFC 7518, 3.4). */
static size_t flatten(uint8_t *signature, size_t len, size_t coordinate_len)
{
    const uint8_t *der = signature;
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &der, (long)len);

    CHECK(parts != NULL);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parts), signature, (int)coordinate_len) > 0);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parts), signature + coordinate_len,
                       (int)coordinate_len) > 0);
    ECDSA_SIG_free(parts);
    return 2 * coordinate_len;
}

static void set_padding(EVP_PKEY_CTX *key_context, const char *alg)
{
    if (alg[0] == 'P')
        CHECK(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) > 0 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) > 0);
}

void token_sign(struct buf *out, const struct token_key *key, const char *alg, const char *header,
                const char *payload)
{
    char digest[8] = "SHA";
    uint8_t signature[1024];
    size_t len = sizeof(signature);
    size_t begin = out->len;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context;

    memcpy(digest + 3, alg + 2, 4);
    append_input(out, header, payload);
    CHECK(EVP_DigestSignInit_ex(context, &key_context, digest, NULL, NULL, key->key, NULL) == 1);
    set_padding(key_context, alg);
    CHECK(EVP_DigestSign(context, signature, &len, out->data + begin, out->len - begin) == 1);
    EVP_MD_CTX_free(context);
    if (key->crv != NULL)
        len = flatten(signature, len, key->coordinate_len);
    append_signature(out, bytes_of(signature, len));
}

void token_sign_hmac(struct buf *out, struct bytes secret, const char *header, const char *payload)
{
    uint8_t signature[32];
    size_t begin = out->len;
    unsigned len = sizeof(signature);

    append_input(out, header, payload);
    CHECK(HMAC(EVP_sha256(), secret.data, (int)secret.len, out->data + begin, out->len - begin,
               signature, &len) != NULL);
    append_signature(out, bytes_of(signature, len));
}

void token_append_unsigned(struct buf *out, const char *header, const char *payload)
{
    append_input(out, header, payload);
    buf_append_byte(out, '.');
}
