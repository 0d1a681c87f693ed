/*
 * Time-stamps of an authority (RFC 3161): asked for, taken out of its reply, verified. timestamp.c
 * is the only file that asks OpenSSL for any of this.
 */
#ifndef VOUCH_SCHEMAS_TIMESTAMP_H
#define VOUCH_SCHEMAS_TIMESTAMP_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "merkle/hash.h"

enum {
    TIMESTAMP_NONCE_LEN = 16,
    TIMESTAMP_LEN_MAX = 65536, /* of a reply, and of a token */
    TIMESTAMP_CA_FILE_LEN_MAX = 1 << 20,
    TIMESTAMP_AUTHORITY_LEN_MAX = 200,
};

#define TIMESTAMP_QUERY_TYPE "application/timestamp-query"
#define TIMESTAMP_REPLY_TYPE "application/timestamp-reply"

/* What is asked for, or must have been. */
struct timestamp_query {
    struct hash imprint; /* SHA-256 of what is stamped */
    bool has_nonce;      /* the token repeats it, so that it is no older than the question */
    uint8_t nonce[TIMESTAMP_NONCE_LEN];
};

/* Appends a TimeStampReq (2.4.1) that also asks for the authority's certificates. */
MUST_USE bool timestamp_query_append(struct buf *out, const struct timestamp_query *query,
                                     struct err *err);

/*
 * Appends the token of a TimeStampResp (2.4.2), unverified. ERR_REFUSED, with the reason, when the
 * authority granted none; ERR_INVALID for anything that is no reply.
 */
MUST_USE bool timestamp_reply_token(struct buf *out, struct bytes reply, struct err *err);

struct timestamp {
    uint64_t at_s;     /* Unix time that the authority gave, whole seconds */
    uint64_t before_s; /* what was stamped existed before: at_s, its fraction and accuracy, up */
    char authority[TIMESTAMP_AUTHORITY_LEN_MAX]; /* subject of its certificate, printable ASCII */
};

/*
 * Whether an authority whose certificate leads to one of the CAs in ca_pem (certificates, PEM)
 * stamped what query says. Certificates must have been valid at the time of the stamp; whether
 * they were revoked is not looked at. ERR_INVALID for every way the token can be wrong; ERR_REFUSED
 * when all but the way to a CA is right, or when ca_pem holds no certificate.
 */
MUST_USE bool timestamp_verify(struct timestamp *out, struct bytes token,
                               const struct timestamp_query *query, struct bytes ca_pem,
                               struct err *err);

/* Whether ca_pem holds certificates and nothing that is none. */
MUST_USE bool timestamp_check_ca(struct bytes ca_pem, struct err *err);

#endif
