/*
 * Statements: a COSE_Sign1 by an issuer whose payload is one or more records (docs/PROTOCOL.md).
 * The entry in the tree is the statement with its unprotected header emptied.
 */
#ifndef VOUCH_SCHEMAS_STATEMENT_H
#define VOUCH_SCHEMAS_STATEMENT_H

#include "schemas/cose.h"
#include "schemas/key.h"
#include "schemas/problem.h"

enum {
    STATEMENT_LEN_MAX = 65535, /* C2SP tlog-tiles entry limit */
    STATEMENT_RECORDS_MAX = 1024,
    ISSUER_LEN_MAX = 200,
    SUBJECT_LEN_MAX = 300,
};

/* Content types (protected header 3). */
#define STATEMENT_TYPE_RECORDS "application/vnd.vouch.records+cbor"
#define STATEMENT_TYPE_LOG "application/vnd.vouch.log+cbor"

/* Everything borrowed from the message it was decoded from. */
struct statement {
    struct cose_sign1 cose;
    int64_t alg;
    struct bytes content_type;
    struct bytes kid;      /* 32 bytes, COSE Key Thumbprint */
    struct bytes issuer;   /* CWT iss, 1..ISSUER_LEN_MAX */
    struct bytes subject;  /* CWT sub, may be empty */
    struct bytes audience; /* CWT aud, empty when absent */
    uint64_t issued_at_s;  /* CWT iat, Unix seconds */
    struct hash sid;       /* statement identity: SHA-256(Sig_structure) */
};

/*
 * Takes a message apart and checks its form: size, one tagged COSE_Sign1, deterministic headers
 * with exactly alg, one of the two content types, kid and CWT claims iss, iat, sub, aud (the
 * latter two optional), allowed algorithm, payload present, 64 bytes of signature. What is in the
 * unprotected header is not looked at beyond its encoding. The signature is not verified, the
 * payload not read. Paths are "/protected/15/6" (by label), "/unprotected", "/payload",
 * "/signature".
 */
MUST_USE bool statement_decode(struct statement *out, struct bytes message,
                               struct problem *problem);

/* The two halves of statement_decode: all but the sid, and the sid, which costs a hash over the
 * payload. statement_verify needs it. */
MUST_USE bool statement_decode_form(struct statement *out, struct bytes message,
                                    struct problem *problem);
void statement_identify(struct statement *statement);

/* Appends the entry: the statement with its unprotected header emptied. */
void statement_append_entry(struct buf *out, const struct statement *statement);

/* Whether key signed it: kid and algorithm are the key's, and the signature verifies. */
MUST_USE bool statement_verify(const struct statement *statement, const struct public_key *key,
                               struct problem *problem);

/* What an issuer says when it signs. */
struct statement_claims {
    const char *content_type;
    const char *issuer;
    const char *subject;  /* NULL: none */
    const char *audience; /* NULL: none */
    uint64_t issued_at_s;
};

/* Appends a signed statement over payload. ERR_INVALID for one that statement_decode would refuse;
 * the payload's records are not looked at. */
MUST_USE bool statement_sign(struct buf *out, struct signer *signer,
                             const struct statement_claims *claims, struct bytes payload,
                             struct err *err);

#endif
