#include "schemas/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "base/file.h"

enum { COORDINATE_LEN = 32, DER_SIGNATURE_LEN_MAX = 72 };

/* A private key in memory. Immutable after it is made; may sign in many threads at once. */
struct openssl_signer {
    struct signer signer; /* first, so that a pointer to it is one to the whole */
    EVP_PKEY *pkey;
    enum key_type type;
};

/* The text of OpenSSL's oldest error; clears its queue. */
static bool fail_openssl(struct err *err, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_get_error());

    ERR_clear_error();
    return err_set(err, ERR_IO, "%s: %s", what, reason == NULL ? "OpenSSL failed" : reason);
}

static bool der_to_raw(uint8_t out[SIGNATURE_LEN], const uint8_t *der, size_t der_len)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
    bool ok = signature != NULL &&
              BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, COORDINATE_LEN) > 0 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + COORDINATE_LEN, COORDINATE_LEN) > 0;

    ECDSA_SIG_free(signature);
    return ok;
}

static bool sign_with_openssl(struct signer *base, uint8_t out[SIGNATURE_LEN], struct bytes message,
                              struct err *err)
{
    struct openssl_signer *signer = (struct openssl_signer *)base;
    const char *digest = signer->type == KEY_P256 ? "SHA256" : NULL;
    uint8_t signature[DER_SIGNATURE_LEN_MAX];
    size_t len = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL &&
              EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, signer->pkey, NULL) == 1 &&
              EVP_DigestSign(context, signature, &len, message.data, message.len) == 1;

    EVP_MD_CTX_free(context);
    if (ok && signer->type == KEY_P256) {
        ok = der_to_raw(out, signature, len);
    } else if (ok) {
        ok = len == SIGNATURE_LEN;
        memcpy(out, signature, SIGNATURE_LEN);
    }
    return ok || fail_openssl(err, "sign");
}

static void close_openssl(struct signer *base)
{
    struct openssl_signer *signer = (struct openssl_signer *)base;

    public_key_free(signer->signer.public_key);
    EVP_PKEY_free(signer->pkey);
    free(signer);
}

bool signer_sign(struct signer *signer, uint8_t out[SIGNATURE_LEN], struct bytes message,
                 struct err *err)
{
    return signer->sign(signer, out, message, err);
}

int64_t signer_cose_alg(const struct signer *signer)
{
    return public_key_type(signer->public_key) == KEY_P256 ? COSE_ALG_ES256 : COSE_ALG_EDDSA;
}

void signer_close(struct signer *signer)
{
    if (signer != NULL)
        signer->close(signer);
}

static bool p256_public_raw(uint8_t out[2 * COORDINATE_LEN], const EVP_PKEY *pkey)
{
    BIGNUM *x = NULL;
    BIGNUM *y = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
              EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
              BN_bn2binpad(x, out, COORDINATE_LEN) > 0 &&
              BN_bn2binpad(y, out + COORDINATE_LEN, COORDINATE_LEN) > 0;

    BN_free(x);
    BN_free(y);
    return ok;
}

/* The public half of a private key of one of our types. */
static bool public_of(struct public_key **out, enum key_type *out_type, const EVP_PKEY *pkey,
                      struct err *err)
{
    uint8_t raw[2 * COORDINATE_LEN];
    size_t len = sizeof(raw);
    char group[32] = "";

    if (EVP_PKEY_is_a(pkey, "ED25519")) {
        *out_type = KEY_ED25519;
        if (EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1)
            return fail_openssl(err, "public key");
        return public_key_from_raw(out, KEY_ED25519, bytes_of(raw, len), err);
    }
    if (!EVP_PKEY_is_a(pkey, "EC") ||
        EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) != 1 ||
        strcmp(group, "prime256v1") != 0)
        return err_set(err, ERR_INVALID, "neither an Ed25519 key nor a P-256 key");
    *out_type = KEY_P256;
    if (!p256_public_raw(raw, pkey))
        return fail_openssl(err, "public key");
    return public_key_from_raw(out, KEY_P256, bytes_of(raw, sizeof(raw)), err);
}

/* A key file may hold two halves that do not belong together; it must never sign. */
static bool check_halves(struct signer *signer, struct err *err)
{
    struct bytes message = bytes_of_text("vouch: do both halves of this key belong together?");
    uint8_t signature[SIGNATURE_LEN];

    if (!signer_sign(signer, signature, message, err))
        return false;
    if (!public_key_verify(signer->public_key, message, bytes_of(signature, sizeof(signature))))
        return err_set(err, ERR_INVALID, "the public half does not belong to the private half");
    return true;
}

/* Takes pkey, whatever the answer. */
static bool signer_new_take(struct signer **out, EVP_PKEY *pkey, struct err *err)
{
    struct openssl_signer *signer = mem_alloc(sizeof(*signer));

    signer->signer.sign = sign_with_openssl;
    signer->signer.close = close_openssl;
    signer->pkey = pkey;
    if (!public_of(&signer->signer.public_key, &signer->type, pkey, err) ||
        !check_halves(&signer->signer, err)) {
        ERR_clear_error();
        close_openssl(&signer->signer);
        return false;
    }
    *out = &signer->signer;
    return true;
}

static bool pkey_from_der(EVP_PKEY **out, const uint8_t *der, size_t der_len, struct err *err)
{
    const uint8_t *end = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &end, (long)der_len);

    *out = info == NULL || end != der + der_len ? NULL : EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return *out != NULL || err_set(err, ERR_INVALID, "not a PKCS#8 private key");
}

bool signer_open_pem(struct signer **out, struct bytes pem, struct err *err)
{
    char *name = NULL;
    char *header = NULL;
    uint8_t *der = NULL;
    long der_len = 0;
    EVP_PKEY *pkey = NULL;
    BIO *bio;
    bool ok;

    if (pem.len > KEY_FILE_LEN_MAX)
        return err_set(err, ERR_INVALID, "a key of more than %d bytes", KEY_FILE_LEN_MAX);
    bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    if (bio == NULL || PEM_read_bio(bio, &name, &header, &der, &der_len) != 1)
        ok = err_set(err, ERR_INVALID, "not PEM");
    else if (strcmp(name, "PRIVATE KEY") != 0)
        ok = err_set(err, ERR_INVALID, "PEM of a %s; wanted PKCS#8 without a pass phrase", name);
    else
        ok = pkey_from_der(&pkey, der, (size_t)der_len, err) && signer_new_take(out, pkey, err);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)der_len);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

bool signer_open_file(struct signer **out, const char *path, struct err *err)
{
    struct buf pem = {0};
    bool ok = false;

    if (file_read_private(&pem, path, KEY_FILE_LEN_MAX, err))
        ok = signer_open_pem(out, bytes_of_buf(&pem), err) || err_wrap(err, "%s", path);
    if (pem.data != NULL)
        OPENSSL_cleanse(pem.data, pem.capacity);
    buf_cleanup(&pem);
    return ok;
}

static bool append_private_pem(struct buf *out, EVP_PKEY *pkey)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text = NULL;
    long text_len;
    bool ok =
        bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;

    if (ok) {
        text_len = BIO_get_mem_data(bio, &text);
        buf_append(out, text, (size_t)text_len);
    }
    BIO_free(bio);
    return ok;
}

bool signer_generate(struct signer **out, struct buf *out_pem, enum key_type type, struct err *err)
{
    EVP_PKEY *pkey = type == KEY_P256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                                      : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    if (pkey == NULL)
        return fail_openssl(err, "make a key");
    if (!append_private_pem(out_pem, pkey)) {
        EVP_PKEY_free(pkey);
        return fail_openssl(err, "write a key");
    }
    return signer_new_take(out, pkey, err);
}

bool random_fill(uint8_t *out, size_t len, struct err *err)
{
    CHECK(len <= INT32_MAX);
    return RAND_bytes(out, (int)len) == 1 || fail_openssl(err, "random bytes");
}
