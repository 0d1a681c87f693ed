#include "schemas/mldsa.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/file.h"

enum { PEM_LEN_MAX = 16384 };

static const char ALGORITHM[] = "ML-DSA-44";

struct mldsa_key {
    uint8_t raw[MLDSA_KEY_LEN];
    EVP_PKEY *pkey;
};

struct mldsa_signer {
    EVP_PKEY *pkey;
    struct mldsa_key *key;
};

/* The text of OpenSSL's oldest error; clears its queue. */
static bool fail_openssl(struct err *err, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_get_error());

    ERR_clear_error();
    return err_set(err, ERR_IO, "%s: %s", what, reason == NULL ? "OpenSSL failed" : reason);
}

bool mldsa_is_available(void)
{
    EVP_SIGNATURE *algorithm = EVP_SIGNATURE_fetch(NULL, ALGORITHM, NULL);
    bool is_there = algorithm != NULL;

    EVP_SIGNATURE_free(algorithm);
    ERR_clear_error();
    return is_there;
}

bool mldsa_check_available(struct err *err)
{
    return mldsa_is_available() ||
           err_set(err, ERR_NOT_FOUND, "the OpenSSL at hand has no %s, version 3.5 has", ALGORITHM);
}

bool mldsa_key_from_raw(struct mldsa_key **out, struct bytes raw, struct err *err)
{
    struct mldsa_key *key;
    EVP_PKEY *pkey = NULL;

    if (raw.len != MLDSA_KEY_LEN)
        return err_set(err, ERR_INVALID, "an %s key has %d bytes, this one %zu", ALGORITHM,
                       MLDSA_KEY_LEN, raw.len);
    if (mldsa_is_available()) {
        pkey = EVP_PKEY_new_raw_public_key_ex(NULL, ALGORITHM, NULL, raw.data, raw.len);
        ERR_clear_error();
        if (pkey == NULL)
            return err_set(err, ERR_INVALID, "not an %s key", ALGORITHM);
    }
    key = mem_alloc(sizeof(*key));
    memcpy(key->raw, raw.data, MLDSA_KEY_LEN);
    key->pkey = pkey;
    *out = key;
    return true;
}

bool mldsa_key_is_usable(const struct mldsa_key *key)
{
    return key->pkey != NULL;
}

struct bytes mldsa_key_raw(const struct mldsa_key *key)
{
    return bytes_of(key->raw, sizeof(key->raw));
}

void mldsa_key_free(struct mldsa_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

bool mldsa_verify(const struct mldsa_key *key, struct bytes message, struct bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && key->pkey != NULL && signature.len == MLDSA_SIGNATURE_LEN &&
              EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
              EVP_DigestVerify(context, signature.data, signature.len, message.data,
                               message.len) == 1;

    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return ok;
}

/* Takes pkey, whatever the answer. */
static bool signer_new_take(struct mldsa_signer **out, EVP_PKEY *pkey, struct err *err)
{
    struct mldsa_signer *signer = mem_alloc(sizeof(*signer));
    uint8_t raw[MLDSA_KEY_LEN];
    size_t len = sizeof(raw);
    bool ok;

    signer->pkey = pkey;
    if (!EVP_PKEY_is_a(pkey, ALGORITHM))
        ok = err_set(err, ERR_INVALID, "not an %s key", ALGORITHM);
    else if (EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1)
        ok = fail_openssl(err, "public key");
    else
        ok = mldsa_key_from_raw(&signer->key, bytes_of(raw, len), err);
    ERR_clear_error();
    if (ok)
        *out = signer;
    else
        mldsa_signer_close(signer);
    return ok;
}

bool mldsa_signer_open_file(struct mldsa_signer **out, const char *path, struct err *err)
{
    struct buf pem = {0};
    EVP_PKEY *pkey = NULL;
    BIO *bio = NULL;
    bool ok = mldsa_check_available(err) && file_read_private(&pem, path, PEM_LEN_MAX, err);

    if (ok) {
        bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        /* An empty pass phrase: nobody is asked for one. */
        pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
        ok = pkey != NULL ? signer_new_take(out, pkey, err)
                          : err_set(err, ERR_INVALID, "not a PKCS#8 private key");
        explicit_bzero(pem.data, pem.len);
    }
    BIO_free(bio);
    buf_cleanup(&pem);
    ERR_clear_error();
    return ok || err_wrap(err, "%s", path);
}

static bool append_pem(struct buf *out, EVP_PKEY *pkey, struct err *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len;
    bool ok =
        bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;

    if (ok) {
        len = BIO_get_mem_data(bio, &text);
        buf_append(out, text, (size_t)len);
    }
    BIO_free(bio);
    return ok || fail_openssl(err, "write a key");
}

bool mldsa_signer_generate(struct mldsa_signer **out, struct buf *out_pem, struct err *err)
{
    EVP_PKEY *pkey;

    if (!mldsa_check_available(err))
        return false;
    pkey = EVP_PKEY_Q_keygen(NULL, NULL, ALGORITHM);
    if (pkey == NULL)
        return fail_openssl(err, "make a key");
    if (!append_pem(out_pem, pkey, err)) {
        EVP_PKEY_free(pkey);
        return false;
    }
    return signer_new_take(out, pkey, err);
}

bool mldsa_sign(struct mldsa_signer *signer, uint8_t out[MLDSA_SIGNATURE_LEN],
                struct bytes message, struct err *err)
{
    size_t len = MLDSA_SIGNATURE_LEN;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL &&
              EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, signer->pkey, NULL) == 1 &&
              EVP_DigestSign(context, out, &len, message.data, message.len) == 1 &&
              len == MLDSA_SIGNATURE_LEN;

    EVP_MD_CTX_free(context);
    return ok || fail_openssl(err, "sign");
}

const struct mldsa_key *mldsa_signer_key(const struct mldsa_signer *signer)
{
    return signer->key;
}

void mldsa_signer_close(struct mldsa_signer *signer)
{
    if (signer == NULL)
        return;
    EVP_PKEY_free(signer->pkey);
    mldsa_key_free(signer->key);
    free(signer);
}
