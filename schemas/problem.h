/*
 * Problem details: why a request was not granted, in words a developer can act on. Sent as
 * RFC 9290 concise problem details (CBOR), or as its JSON view.
 */
#ifndef VOUCH_SCHEMAS_PROBLEM_H
#define VOUCH_SCHEMAS_PROBLEM_H

#include "base/bytes.h"
#include "base/err.h"

/* One row per kind of problem; the table is in problem.c and in docs/PROTOCOL.md. */
enum problem_kind {
    PROBLEM_NONE = 0,
    /* the request */
    PROBLEM_NOT_FOUND,           /* 404 "not-found" */
    PROBLEM_METHOD,              /* 405 "method-not-allowed" */
    PROBLEM_MEDIA_TYPE,          /* 415 "unsupported-media-type" */
    PROBLEM_TOO_LARGE,           /* 413 "too-large" */
    PROBLEM_PARAMETER,           /* 400 "bad-parameter" */
    PROBLEM_LOCATOR,             /* 400 "bad-locator", title "Invalid locator" (SCRAPI) */
    PROBLEM_TIMEOUT,             /* 408 "timeout" */
    /* the statement, titles as SCRAPI draft 11 */
    PROBLEM_CBOR,                /* 400 "cbor", not deterministic CBOR */
    PROBLEM_STATEMENT,           /* 400 "statement", not a statement of our form */
    PROBLEM_ALGORITHM,           /* 400 "algorithm", title "Bad Signature Algorithm" */
    PROBLEM_PAYLOAD_MISSING,     /* 400 "payload-missing", title "Payload Missing" */
    PROBLEM_UNKNOWN_ISSUER,      /* 403 "unknown-issuer", title "Rejected" */
    PROBLEM_SIGNATURE,           /* 403 "signature", title "Rejected" */
    PROBLEM_RECORD,              /* 422 "record": a record is not well-formed */
    PROBLEM_SCHEMA,              /* 422 "schema": a record is not what its type must be */
    PROBLEM_CONFLICT,            /* 409 "conflict" */
    PROBLEM_INCONSISTENT,        /* 422 "inconsistent": a checkpoint that no proof shows to extend */
    PROBLEM_RATE,                /* 429 "rate" */
    /* the ID token of an approver */
    PROBLEM_TOKEN_INVALID,       /* 422 "token-invalid": not an ID token of the right form */
    PROBLEM_TOKEN_ALGORITHM,     /* 422 "token-algorithm" */
    PROBLEM_TOKEN_KEY_UNKNOWN,   /* 422 "token-key-unknown" */
    PROBLEM_TOKEN_SIGNATURE,     /* 422 "token-signature" */
    PROBLEM_TOKEN_ISSUER,        /* 422 "token-issuer": no configured provider */
    PROBLEM_TOKEN_AUDIENCE,      /* 422 "token-audience" */
    PROBLEM_TOKEN_EXPIRED,       /* 422 "token-expired" */
    PROBLEM_TOKEN_EARLY,         /* 422 "token-not-yet-valid": iat, nbf or auth_time ahead */
    PROBLEM_TOKEN_NONCE,         /* 422 "token-nonce": issued for another decision */
    PROBLEM_TOKEN_ACR,           /* 422 "token-acr" */
    PROBLEM_TOKEN_MISMATCH,      /* 422 "token-mismatch": the approval says something else */
    PROBLEM_TOKEN_KEYS,          /* 503 "token-keys-unavailable": not loaded, or being loaded */
    PROBLEM_RULE,                /* 422, with the rule's own code: an admission rule refuses */
    /* the log */
    PROBLEM_BUSY,                /* 503 "busy": queue full, low space, shutting down */
    PROBLEM_READ_ONLY,           /* 503 "read-only" */
    PROBLEM_NOT_WITNESSED,       /* 503 "not-witnessed": no head with the quorum, or not in time */
    PROBLEM_INTERNAL,            /* 500 "internal", fixed sentence */
};

enum { PROBLEM_REFUSAL_LEN_MAX = 900 };

struct problem {
    enum problem_kind kind;
    char detail[256]; /* a sentence */
    char path[128];   /* where, e.g. "/1/type" for the second record's type; "" when not known */
    char have[128];   /* what was found there, "" when it makes no sense */
    char want[128];   /* what would have been accepted */
    char rule[16];    /* the admission rule that says so, e.g. "G2"; "" for none */
    char code[64];    /* "self-approval", of PROBLEM_RULE; "": the kind's */
    char doc[64];     /* path of the log where the rule is explained; "" for none */
    uint8_t refusal[PROBLEM_REFUSAL_LEN_MAX]; /* the log's signed refusal: a COSE_Sign1 over the */
    size_t refusal_len;                       /* record of schemas/refusal.h; 0: there is none */
    unsigned retry_after_s; /* 0: no Retry-After */
};

/* Sets kind and detail, clears the rest; returns false so that callers can return it. */
bool problem_set(struct problem *problem, enum problem_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Adds where and what; each may be NULL. Returns false. */
bool problem_add(struct problem *problem, const char *path, const char *have, const char *want);

/* Adds the name of the rule. Returns false. */
bool problem_add_rule(struct problem *problem, const char *rule);

/* The problem for a failed call: the one table from err_code to kind. io and corrupt become
 * PROBLEM_INTERNAL with a fixed sentence (their text belongs in diag). Returns false. */
bool problem_from_err(struct problem *problem, const struct err *err);

int problem_http_status(enum problem_kind kind);
const char *problem_code(enum problem_kind kind);  /* stable, e.g. "too-large" */
/* The code that is sent: the rule's own, or else the kind's. */
const char *problem_code_of(const struct problem *problem);
const char *problem_title(enum problem_kind kind); /* e.g. "Payload Missing" */
size_t problem_kind_count(void);

/*
 * RFC 9290 allows no bare words as keys of our own: they stand in one map under an absolute URI,
 * which only names that map and leads nowhere.
 */
#define PROBLEM_EXTENSION_URI "urn:uuid:4d0b1f6e-6a53-4c3e-9d5b-7a1c8e2f9036"

/*
 * CBOR (RFC 9290): {-1: title, -2: detail, PROBLEM_EXTENSION_URI: {doc, code, have, path, rule,
 * want, refusal}}. JSON (RFC 9457), for Accept: application/json: {title, status, detail, doc, code,
 * have, path, rule, want, refusal} and an end of line; refusal in base64url. What is empty is absent
 * in both.
 */
void problem_encode(struct buf *out, const struct problem *problem);
void problem_append_json(struct buf *out, const struct problem *problem);

/*
 * For clients: reads either form, also what other programs write; ERR_INVALID when it is neither.
 * An unknown code gives PROBLEM_RULE when there is a rule; otherwise an unknown or absent one gives
 * PROBLEM_NONE, with the title where there is no detail.
 */
MUST_USE bool problem_decode(struct problem *out, struct bytes body, struct err *err);

#endif
