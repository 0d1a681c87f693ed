/*
 * Checking an ID token (OpenID Connect Core 1.0, 3.1.3.7): who says it, to whom, when, about whom,
 * and how that person signed in.
 */
#ifndef VOUCH_SERVER_OIDC_ID_TOKEN_H
#define VOUCH_SERVER_OIDC_ID_TOKEN_H

#include "schemas/problem.h"
#include "server/oidc/providers.h"

enum {
    ID_TOKEN_URI_LEN_MAX = 1000, /* iss, acr, jti, nonce: as long-text of the records */
    ID_TOKEN_SUB_LEN_MAX = 255,
    ID_TOKEN_ACTOR_LEN_MAX = 200, /* as id of the records */
    ID_TOKEN_AMR_MAX = 16,
    ID_TOKEN_AMR_LEN_MAX = 64, /* as code of the records */
    ID_TOKEN_AUDIENCES_MAX = 16,
};

/* What a verified token says. Times in seconds since 1970, parts of a second cut off. */
struct id_token {
    char iss[ID_TOKEN_URI_LEN_MAX + 1];
    char sub[ID_TOKEN_SUB_LEN_MAX + 1];
    char actor_id[ID_TOKEN_ACTOR_LEN_MAX + 1]; /* of the claim that the provider's options name */
    char acr[ID_TOKEN_URI_LEN_MAX + 1];        /* "": absent */
    char amr[ID_TOKEN_AMR_MAX][ID_TOKEN_AMR_LEN_MAX + 1];
    size_t amr_count; /* at least 1 */
    uint64_t auth_time_s;
    uint64_t iat_s;
    uint64_t exp_s;
    struct hash jti_hash;    /* SHA-256 of the claim jti */
    struct hash keys_digest; /* of the JWK Set that verified it */
};

/*
 * Verifies a token in compact serialization at the time now_ms (Unix, milliseconds). nonce is what
 * the claim nonce must be; NULL: anything. A refusal says why in problem, and never repeats the
 * token or names its subject. Any thread. Whether the jti was used before is not looked at here.
 */
MUST_USE bool id_token_verify(struct providers *providers, struct id_token *out,
                              struct bytes compact, const char *nonce, uint64_t now_ms,
                              struct problem *problem);

#endif
