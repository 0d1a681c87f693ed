/*
 * Signed tokens and the keys that verify them: JSON Web Signature (RFC 7515) and JSON Web Key Set
 * (RFC 7517), through cjose, which jose.c alone includes.
 */
#ifndef VOUCH_SERVER_OIDC_JOSE_H
#define VOUCH_SERVER_OIDC_JOSE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/snapshot.h"
#include "merkle/hash.h"

/* Asymmetric algorithms of RFC 7518, 3. "none" and the HMACs are no algorithms here. */
enum jose_alg {
    JOSE_ES256,
    JOSE_ES384,
    JOSE_ES512,
    JOSE_PS256,
    JOSE_PS384,
    JOSE_PS512,
    JOSE_RS256,
    JOSE_RS384,
    JOSE_RS512,
    JOSE_ALG_COUNT
};

enum {
    JOSE_TOKEN_LEN_MAX = 16384,
    JOSE_KEY_SET_LEN_MAX = 262144,
    JOSE_KEYS_MAX = 64,
    JOSE_NAME_LEN_MAX = 32, /* of alg and typ */
    JOSE_KID_LEN_MAX = 255,
    JOSE_RSA_BITS_MIN = 2048,
    JOSE_RSA_BITS_MAX = 8192,
};

/* "ES256"; its place in a set of algorithms. */
const char *jose_alg_name(enum jose_alg alg);
uint32_t jose_alg_bit(enum jose_alg alg);

/* The algorithm of this name; false for every other name. */
MUST_USE bool jose_alg_find(enum jose_alg *out, const char *name);

/* ---- keys ---- */

struct jose_key;

/* The keys of one provider at one time. Immutable; may be used by many threads at once. */
struct jose_keys {
    struct snapshot snapshot;
    struct hash digest; /* SHA-256 of the set as it came */
    struct jose_key *keys;
    size_t count;
};

/*
 * Reads a JWK Set; the caller has the one hold on it. Keys that cannot verify one of our algorithms
 * are passed over: other types, for encryption, private, RSA outside our limits. ERR_INVALID when
 * it is no JWK Set, has more than JOSE_KEYS_MAX keys, or none that can be used.
 */
MUST_USE bool jose_keys_parse(struct jose_keys **out, struct bytes json, struct err *err);

/* ---- tokens ---- */

/* A token taken apart. Nothing in it is true before jose_token_verify says so. */
struct jose_token {
    struct bytes compact;            /* borrowed */
    char alg[JOSE_NAME_LEN_MAX + 1]; /* as the token names it */
    char typ[JOSE_NAME_LEN_MAX + 1]; /* "": absent */
    char kid[JOSE_KID_LEN_MAX + 1];  /* "": absent */
    struct buf payload;
};

/*
 * Takes a JWS in compact serialization apart. ERR_INVALID when it is none, is too long, repeats a
 * header parameter or demands extensions (crit). The signature is not looked at.
 */
MUST_USE bool jose_token_parse(struct jose_token *out, struct bytes compact, struct err *err);
void jose_token_cleanup(struct jose_token *token); /* accepts a zeroed struct */

enum jose_verdict {
    JOSE_VERIFIED,
    JOSE_ALG_REFUSED,   /* not one of the allowed algorithms, or not one of that key */
    JOSE_KEY_UNKNOWN,   /* no key of that name; or no name, and not exactly one key that fits */
    JOSE_SIGNATURE_BAD, /* everything else */
};

/* Whether one of these keys signed the token with one of the allowed algorithms (a set of bits). */
MUST_USE enum jose_verdict jose_token_verify(const struct jose_token *token,
                                             const struct jose_keys *keys, uint32_t allowed);

#endif
