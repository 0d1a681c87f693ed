#include "tests/support/authority.h"

#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

struct authority {
    struct authority_options options;
    EVP_PKEY *ca_key;
    X509 *ca;
    EVP_PKEY *key;
    X509 *certificate;
    TS_RESP_CTX *context;
    long serial;
};

static EVP_PKEY *new_key(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

    CHECK(key != NULL);
    return key;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    CHECK(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *new_certificate(const char *name, EVP_PKEY *key, uint64_t begins_at_s,
                             uint64_t ends_at_s)
{
    X509 *certificate = X509_new();
    X509_NAME *subject;

    CHECK(certificate != NULL);
    subject = X509_get_subject_name(certificate);
    CHECK(X509_set_version(certificate, X509_VERSION_3) == 1 &&
          ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
          ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)begins_at_s) != NULL &&
          ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)ends_at_s) != NULL &&
          X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                     -1, 0) == 1 &&
          X509_set_pubkey(certificate, key) == 1);
    return certificate;
}

static void issue(X509 *certificate, X509 *issuer, EVP_PKEY *issuer_key)
{
    CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
          X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
}

static ASN1_INTEGER *next_serial(TS_RESP_CTX *context, void *data)
{
    struct authority *authority = data;
    ASN1_INTEGER *serial = ASN1_INTEGER_new();

    (void)context;
    CHECK(serial != NULL && ASN1_INTEGER_set(serial, ++authority->serial) == 1);
    return serial;
}

static int give_time(TS_RESP_CTX *context, void *data, long *out_s, long *out_us)
{
    const struct authority *authority = data;

    (void)context;
    *out_s = (long)authority->options.at_s;
    *out_us = 0;
    return 1;
}

static void make_certificates(struct authority *authority)
{
    const struct authority_options *options = &authority->options;

    authority->ca_key = new_key();
    authority->ca = new_certificate(options->ca_name == NULL ? "Example CA" : options->ca_name,
                                    authority->ca_key, 0, UINT64_C(4000000000));
    add_extension(authority->ca, authority->ca, NID_basic_constraints, "critical,CA:TRUE");
    issue(authority->ca, authority->ca, authority->ca_key);
    authority->key = new_key();
    authority->certificate = new_certificate("Example Time-Stamps", authority->key,
                                             options->begins_at_s, options->ends_at_s);
    add_extension(authority->certificate, authority->ca, NID_ext_key_usage,
                  "critical,timeStamping");
    issue(authority->certificate, authority->ca, authority->ca_key);
}

static void make_context(struct authority *authority)
{
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
    TS_RESP_CTX *context = TS_RESP_CTX_new();

    CHECK(policy != NULL && context != NULL);
    CHECK(TS_RESP_CTX_set_signer_cert(context, authority->certificate) == 1 &&
          TS_RESP_CTX_set_signer_key(context, authority->key) == 1 &&
          TS_RESP_CTX_set_def_policy(context, policy) == 1 &&
          TS_RESP_CTX_add_md(context, EVP_sha256()) == 1 &&
          TS_RESP_CTX_set_signer_digest(context, EVP_sha256()) == 1);
    if (authority->options.accuracy_s > 0)
        CHECK(TS_RESP_CTX_set_accuracy(context, (int)authority->options.accuracy_s, 0, 0) == 1);
    TS_RESP_CTX_set_serial_cb(context, next_serial, authority);
    TS_RESP_CTX_set_time_cb(context, give_time, authority);
    ASN1_OBJECT_free(policy);
    authority->context = context;
}

struct authority *authority_new(const struct authority_options *options)
{
    struct authority *authority = mem_alloc(sizeof(*authority));

    authority->options = *options;
    make_certificates(authority);
    make_context(authority);
    ERR_clear_error();
    return authority;
}

void authority_free(struct authority *authority)
{
    if (authority == NULL)
        return;
    TS_RESP_CTX_free(authority->context);
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    X509_free(authority->ca);
    EVP_PKEY_free(authority->ca_key);
    free(authority);
}

void authority_append_ca(struct buf *out, const struct authority *authority)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len;

    CHECK(bio != NULL && PEM_write_bio_X509(bio, authority->ca) == 1);
    len = BIO_get_mem_data(bio, &text);
    buf_append(out, text, (size_t)len);
    BIO_free(bio);
}

void authority_answer(struct buf *out, struct authority *authority, struct bytes query)
{
    BIO *bio = BIO_new_mem_buf(query.data, (int)query.len);
    TS_RESP *reply = TS_RESP_create_response(authority->context, bio);
    uint8_t *der = NULL;
    int len = i2d_TS_RESP(reply, &der);

    CHECK(bio != NULL && reply != NULL && len > 0);
    buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    TS_RESP_free(reply);
    BIO_free(bio);
    ERR_clear_error();
}
