#include "schemas/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

enum { CA_CERTIFICATES_MAX = 256, ACCURACY_MAX_S = 86400 };

/* ---- errors ---- */

/* The newest error tells most; one about a certificate is told from others. Clears the queue. */
static bool fail(struct err *err, const char *what)
{
    const char *data = "";
    int flags = 0;
    unsigned long code = ERR_peek_last_error_data(&data, &flags);
    const char *reason = ERR_reason_error_string(code);
    bool is_way = ERR_GET_LIB(code) == ERR_LIB_TS &&
                  ERR_GET_REASON(code) == TS_R_CERTIFICATE_VERIFY_ERROR;

    err_set(err, is_way ? ERR_REFUSED : ERR_INVALID, "%s: %s%s%s", what,
            reason == NULL ? "OpenSSL failed" : reason,
            (flags & ERR_TXT_STRING) != 0 && data[0] != 0 ? ": " : "",
            (flags & ERR_TXT_STRING) != 0 ? data : "");
    ERR_clear_error();
    return false;
}

/* ---- asking ---- */

static bool set_imprint(TS_REQ *request, const struct hash *imprint)
{
    TS_MSG_IMPRINT *message = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    uint8_t digest[HASH_LEN];
    bool ok = message != NULL && algorithm != NULL &&
              X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1;

    memcpy(digest, imprint->bytes, HASH_LEN);
    ok = ok && TS_MSG_IMPRINT_set_algo(message, algorithm) == 1 &&
         TS_MSG_IMPRINT_set_msg(message, digest, HASH_LEN) == 1 &&
         TS_REQ_set_msg_imprint(request, message) == 1;
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(message);
    return ok;
}

static bool set_nonce(TS_REQ *request, const uint8_t nonce[TIMESTAMP_NONCE_LEN])
{
    BIGNUM *number = BN_bin2bn(nonce, TIMESTAMP_NONCE_LEN, NULL);
    ASN1_INTEGER *integer = number == NULL ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    bool ok = integer != NULL && TS_REQ_set_nonce(request, integer) == 1;

    ASN1_INTEGER_free(integer);
    BN_free(number);
    return ok;
}

/* NULL, with OpenSSL's reason in its queue, when it cannot be made. */
static TS_REQ *make_request(const struct timestamp_query *query)
{
    TS_REQ *request = TS_REQ_new();

    if (request != NULL && TS_REQ_set_version(request, 1) == 1 &&
        set_imprint(request, &query->imprint) &&
        (!query->has_nonce || set_nonce(request, query->nonce)) &&
        TS_REQ_set_cert_req(request, 1) == 1)
        return request;
    TS_REQ_free(request);
    return NULL;
}

bool timestamp_query_append(struct buf *out, const struct timestamp_query *query, struct err *err)
{
    TS_REQ *request = make_request(query);
    uint8_t *der = NULL;
    int len = request == NULL ? -1 : i2d_TS_REQ(request, &der);

    if (len > 0)
        buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    TS_REQ_free(request);
    return len > 0 || fail(err, "ask for a time-stamp");
}

/* ---- the reply ---- */

static bool refuse_status(TS_RESP *reply, struct err *err)
{
    const STACK_OF(ASN1_UTF8STRING) *texts =
        TS_STATUS_INFO_get0_text(TS_RESP_get_status_info(reply));
    const ASN1_UTF8STRING *text =
        sk_ASN1_UTF8STRING_num(texts) > 0 ? sk_ASN1_UTF8STRING_value(texts, 0) : NULL;
    char said[120] = "";
    size_t len = 0;

    for (int i = 0; text != NULL && i < ASN1_STRING_length(text) && len + 1 < sizeof(said); i++) {
        uint8_t byte = ASN1_STRING_get0_data(text)[i];

        said[len++] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
    return err_set(err, ERR_REFUSED, "the authority granted no time-stamp%s%s",
                   len > 0 ? ": " : "", said);
}

static bool append_token(struct buf *out, TS_RESP *reply, struct err *err)
{
    long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(reply)));
    PKCS7 *token = TS_RESP_get_token(reply);
    uint8_t *der = NULL;
    int len;

    if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS)
        return refuse_status(reply, err);
    len = token == NULL ? -1 : i2d_PKCS7(token, &der);
    if (len > 0)
        buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    ERR_clear_error();
    return len > 0 || err_set(err, ERR_INVALID, "a time-stamp reply without a token");
}

bool timestamp_reply_token(struct buf *out, struct bytes reply, struct err *err)
{
    const uint8_t *end = reply.data;
    TS_RESP *parsed;
    bool ok;

    if (reply.len > TIMESTAMP_LEN_MAX)
        return err_set(err, ERR_INVALID, "a time-stamp reply of more than %d bytes",
                       TIMESTAMP_LEN_MAX);
    parsed = d2i_TS_RESP(NULL, &end, (long)reply.len);
    ERR_clear_error();
    if (parsed != NULL && end == reply.data + reply.len)
        ok = append_token(out, parsed, err);
    else
        ok = err_set(err, ERR_INVALID, "this is no time-stamp reply");
    TS_RESP_free(parsed);
    return ok;
}

/* ---- the authorities ---- */

/* The next certificate of a PEM text; NULL at its end, and *out_ok false when it is no certificate. */
static X509 *next_certificate(BIO *bio, bool *out_ok)
{
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    if (certificate == NULL)
        *out_ok = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return certificate;
}

/* NULL when ca_pem has no certificates, too many, or something that is none. */
static X509_STORE *open_store(struct bytes ca_pem, struct err *err)
{
    BIO *bio = BIO_new_mem_buf(ca_pem.data, (int)ca_pem.len);
    X509_STORE *store = X509_STORE_new();
    X509 *certificate;
    size_t count = 0;
    bool ok = true;

    CHECK(bio != NULL && store != NULL && ca_pem.len <= TIMESTAMP_CA_FILE_LEN_MAX);
    while (count <= CA_CERTIFICATES_MAX && (certificate = next_certificate(bio, &ok)) != NULL) {
        CHECK(X509_STORE_add_cert(store, certificate) == 1);
        X509_free(certificate);
        count++;
    }
    BIO_free(bio);
    if (ok && count > 0 && count <= CA_CERTIFICATES_MAX)
        return store;
    X509_STORE_free(store);
    err_set(err, ERR_REFUSED, ok && count > 0 ? "more than %d certificates of authorities"
                                              : "no PEM certificates of authorities",
            CA_CERTIFICATES_MAX);
    return NULL;
}

bool timestamp_check_ca(struct bytes ca_pem, struct err *err)
{
    X509_STORE *store = open_store(ca_pem, err);

    X509_STORE_free(store);
    return store != NULL;
}

/* ---- the token ---- */

static bool has_fraction(const ASN1_GENERALIZEDTIME *time)
{
    return memchr(ASN1_STRING_get0_data(time), '.', (size_t)ASN1_STRING_length(time)) != NULL;
}

static bool read_time(struct timestamp *out, TS_TST_INFO *info)
{
    const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(info);
    TS_ACCURACY *accuracy = TS_TST_INFO_get_accuracy(info);
    const ASN1_INTEGER *seconds = accuracy == NULL ? NULL : TS_ACCURACY_get_seconds(accuracy);
    long accuracy_s = seconds == NULL ? 0 : ASN1_INTEGER_get(seconds);
    bool is_between = accuracy != NULL && (TS_ACCURACY_get_millis(accuracy) != NULL ||
                                           TS_ACCURACY_get_micros(accuracy) != NULL);
    struct tm parts;
    time_t at;

    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    at = timegm(&parts);
    if (at < 0 || accuracy_s < 0 || accuracy_s > ACCURACY_MAX_S)
        return false;
    out->at_s = (uint64_t)at;
    out->before_s = out->at_s + (uint64_t)accuracy_s + has_fraction(time) + is_between;
    return true;
}

static void read_authority(struct timestamp *out, PKCS7 *token)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = 0;

    CHECK(bio != NULL);
    if (sk_X509_num(signers) == 1 &&
        X509_NAME_print_ex(bio, X509_get_subject_name(sk_X509_value(signers, 0)), 0,
                           XN_FLAG_RFC2253) >= 0)
        len = BIO_get_mem_data(bio, &text);
    snprintf(out->authority, sizeof(out->authority), "%.*s", (int)len, text == NULL ? "" : text);
    BIO_free(bio);
    sk_X509_free(signers);
}

/* The time at which certificates must have been valid is that of the stamp. */
static bool verify_token(PKCS7 *token, const struct timestamp_query *query, X509_STORE *store,
                         uint64_t at_s)
{
    TS_REQ *request = make_request(query);
    TS_VERIFY_CTX *context = request == NULL ? NULL : TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    bool ok = false;

    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)at_s);
    if (context != NULL) {
        TS_VERIFY_CTX_add_flags(context, TS_VFY_SIGNATURE | TS_VFY_VERSION);
        CHECK(X509_STORE_up_ref(store) == 1); /* the context frees it */
        TS_VERIFY_CTX_set_store(context, store);
        ok = TS_RESP_verify_token(context, token) == 1;
    }
    TS_VERIFY_CTX_free(context);
    TS_REQ_free(request);
    return ok;
}

static bool verify_parsed(struct timestamp *out, PKCS7 *token, const struct timestamp_query *query,
                          X509_STORE *store, struct err *err)
{
    TS_TST_INFO *info = PKCS7_to_TS_TST_INFO(token);
    bool has_time = info != NULL && read_time(out, info);

    TS_TST_INFO_free(info);
    ERR_clear_error();
    if (!has_time)
        return err_set(err, ERR_INVALID, "this is no time-stamp token");
    if (!verify_token(token, query, store, out->at_s))
        return fail(err, "the time-stamp");
    read_authority(out, token);
    return true;
}

bool timestamp_verify(struct timestamp *out, struct bytes token,
                      const struct timestamp_query *query, struct bytes ca_pem, struct err *err)
{
    const uint8_t *end = token.data;
    X509_STORE *store;
    PKCS7 *parsed;
    bool ok = false;

    *out = (struct timestamp){0};
    if (token.len > TIMESTAMP_LEN_MAX)
        return err_set(err, ERR_INVALID, "a time-stamp of more than %d bytes", TIMESTAMP_LEN_MAX);
    store = open_store(ca_pem, err);
    if (store == NULL)
        return false;
    parsed = d2i_PKCS7(NULL, &end, (long)token.len);
    ERR_clear_error();
    if (parsed != NULL && end == token.data + token.len)
        ok = verify_parsed(out, parsed, query, store, err);
    else
        err_set(err, ERR_INVALID, "this is no time-stamp token");
    PKCS7_free(parsed);
    X509_STORE_free(store);
    return ok;
}
