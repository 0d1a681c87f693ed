#include "schemas/key.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

enum {
    ED25519_RAW_LEN = 32,
    P256_COORDINATE_LEN = 32,
    P256_RAW_LEN = 2 * P256_COORDINATE_LEN,
    DER_INTEGER_LEN_MAX = 2 + 1 + P256_COORDINATE_LEN,
    DER_SIGNATURE_LEN_MAX = 2 + 2 * DER_INTEGER_LEN_MAX,
    IDLE_CONTEXTS_MAX = 16,
};

/*
 * What OpenSSL needs for one verification at a time. Making one costs several lookups of
 * algorithms under a lock, so those that are not in use are kept with the key.
 */
struct verify_context {
    EVP_PKEY_CTX *p256;  /* NULL for Ed25519 */
    EVP_MD_CTX *ed25519; /* NULL for P-256 */
};

struct public_key {
    enum key_type type;
    uint8_t raw[P256_RAW_LEN];
    struct hash thumbprint;
    EVP_PKEY *pkey;
    /* Any thread takes one out, uses it alone and puts it back. */
    _Atomic(struct verify_context *) *idle; /* IDLE_CONTEXTS_MAX slots, NULL when empty */
};

static size_t raw_len(enum key_type type)
{
    return type == KEY_ED25519 ? ED25519_RAW_LEN : P256_RAW_LEN;
}

static void context_free(struct verify_context *context)
{
    if (context == NULL)
        return;
    EVP_PKEY_CTX_free(context->p256);
    EVP_MD_CTX_free(context->ed25519);
    free(context);
}

/* NULL when OpenSSL cannot make one. */
static struct verify_context *context_new(const struct public_key *key)
{
    struct verify_context *context = mem_alloc(sizeof(*context));
    bool ok;

    if (key->type == KEY_P256) {
        context->p256 = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
        ok = context->p256 != NULL && EVP_PKEY_verify_init(context->p256) == 1;
    } else {
        context->ed25519 = EVP_MD_CTX_new();
        ok = context->ed25519 != NULL;
    }
    if (!ok) {
        context_free(context);
        return NULL;
    }
    return context;
}

static struct verify_context *context_take(const struct public_key *key)
{
    for (size_t i = 0; i < IDLE_CONTEXTS_MAX; i++) {
        struct verify_context *context = atomic_exchange(&key->idle[i], NULL);

        if (context != NULL)
            return context;
    }
    return context_new(key);
}

static void context_put_back(const struct public_key *key, struct verify_context *context)
{
    for (size_t i = 0; i < IDLE_CONTEXTS_MAX; i++) {
        struct verify_context *empty = NULL;

        if (atomic_compare_exchange_strong(&key->idle[i], &empty, context))
            return;
    }
    context_free(context);
}

/* RFC 9679, 4: SHA-256 of the COSE_Key with the required members only. */
static void compute_thumbprint(struct public_key *key)
{
    static const uint8_t okp[] = {0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20};
    static const uint8_t ec2[] = {0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x58, 0x20};
    static const uint8_t ec2_y[] = {0x22, 0x58, 0x20};
    struct hasher hasher;

    hasher_init(&hasher);
    if (key->type == KEY_ED25519) {
        hasher_update(&hasher, bytes_of(okp, sizeof(okp)));
        hasher_update(&hasher, bytes_of(key->raw, ED25519_RAW_LEN));
    } else {
        hasher_update(&hasher, bytes_of(ec2, sizeof(ec2)));
        hasher_update(&hasher, bytes_of(key->raw, P256_COORDINATE_LEN));
        hasher_update(&hasher, bytes_of(ec2_y, sizeof(ec2_y)));
        hasher_update(&hasher, bytes_of(key->raw + P256_COORDINATE_LEN, P256_COORDINATE_LEN));
    }
    hasher_final(&hasher, &key->thumbprint);
}

/* NULL when x and y are no point of the curve. */
static EVP_PKEY *p256_pkey(const uint8_t raw[P256_RAW_LEN])
{
    char group[] = "P-256";
    uint8_t point[1 + P256_RAW_LEN] = {0x04};
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;

    memcpy(point + 1, raw, P256_RAW_LEN);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(context);
    return pkey;
}

bool public_key_from_raw(struct public_key **out, enum key_type type, struct bytes raw,
                         struct err *err)
{
    struct public_key *key;
    EVP_PKEY *pkey;

    if (raw.len != raw_len(type))
        return err_set(err, ERR_INVALID, "a public key has %zu bytes, this one %zu", raw_len(type),
                       raw.len);
    pkey = type == KEY_P256
               ? p256_pkey(raw.data)
               : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.data, raw.len);
    if (pkey == NULL) {
        ERR_clear_error();
        return err_set(err, ERR_INVALID, "not a public key of its curve");
    }
    key = mem_alloc(sizeof(*key));
    key->type = type;
    key->pkey = pkey;
    key->idle = mem_alloc_array(IDLE_CONTEXTS_MAX, sizeof(*key->idle));
    memcpy(key->raw, raw.data, raw.len);
    compute_thumbprint(key);
    *out = key;
    return true;
}

void public_key_free(struct public_key *key)
{
    if (key == NULL)
        return;
    for (size_t i = 0; i < IDLE_CONTEXTS_MAX; i++)
        context_free(atomic_load(&key->idle[i]));
    free(key->idle);
    EVP_PKEY_free(key->pkey);
    free(key);
}

struct bytes public_key_raw(const struct public_key *key)
{
    return bytes_of(key->raw, raw_len(key->type));
}

enum key_type public_key_type(const struct public_key *key)
{
    return key->type;
}

const struct hash *public_key_thumbprint(const struct public_key *key)
{
    return &key->thumbprint;
}

bool public_key_accepts(const struct public_key *key, int64_t cose_alg)
{
    if (key->type == KEY_P256)
        return cose_alg == COSE_ALG_ES256 || cose_alg == COSE_ALG_ESP256;
    return cose_alg == COSE_ALG_EDDSA || cose_alg == COSE_ALG_ED25519;
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return a->type == b->type && bytes_equal(public_key_raw(a), public_key_raw(b));
}

/* A DER INTEGER from 32 big-endian bytes; returns its length. */
static size_t put_der_integer(uint8_t *out, const uint8_t value[P256_COORDINATE_LEN])
{
    size_t skip = 0;
    size_t pad;

    while (skip < P256_COORDINATE_LEN - 1 && value[skip] == 0)
        skip++;
    pad = value[skip] >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(P256_COORDINATE_LEN - skip + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, value + skip, P256_COORDINATE_LEN - skip);
    return 2 + pad + P256_COORDINATE_LEN - skip;
}

/* r || s as the DER that OpenSSL takes; it checks that both are in range. */
static size_t put_der_signature(uint8_t out[DER_SIGNATURE_LEN_MAX], const uint8_t *signature)
{
    size_t len = 2;

    len += put_der_integer(out + len, signature);
    len += put_der_integer(out + len, signature + P256_COORDINATE_LEN);
    out[0] = 0x30;
    out[1] = (uint8_t)(len - 2);
    return len;
}

static bool verify_p256(EVP_PKEY_CTX *context, const struct hash *message_hash,
                        const uint8_t *signature)
{
    uint8_t der[DER_SIGNATURE_LEN_MAX];
    size_t der_len = put_der_signature(der, signature);

    return EVP_PKEY_verify(context, der, der_len, message_hash->bytes, HASH_LEN) == 1;
}

static bool verify_ed25519(EVP_MD_CTX *context, EVP_PKEY *pkey, struct bytes message,
                           const uint8_t *signature)
{
    static const uint8_t nothing;

    return EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
           EVP_DigestVerify(context, signature, SIGNATURE_LEN,
                            message.len == 0 ? &nothing : message.data, message.len) == 1;
}

bool public_key_verify_hashed(const struct public_key *key, struct bytes message,
                              const struct hash *message_hash, struct bytes signature)
{
    struct verify_context *context;
    bool ok;

    if (signature.len != SIGNATURE_LEN)
        return false;
    context = context_take(key);
    if (context == NULL) {
        ERR_clear_error();
        return false;
    }
    if (key->type == KEY_P256)
        ok = verify_p256(context->p256, message_hash, signature.data);
    else
        ok = verify_ed25519(context->ed25519, key->pkey, message, signature.data);
    context_put_back(key, context);
    /* What is left in the thread's error queue would confuse the next user of OpenSSL there. */
    if (!ok)
        ERR_clear_error();
    return ok;
}

bool public_key_verify(const struct public_key *key, struct bytes message, struct bytes signature)
{
    struct hash message_hash = {{0}};

    if (key->type == KEY_P256)
        hash_sha256(&message_hash, message);
    return public_key_verify_hashed(key, message, &message_hash, signature);
}
