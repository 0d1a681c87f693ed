/* An OpenID provider's pen: keys and signed tokens made with OpenSSL, the good and the bad. */
#ifndef VOUCH_TESTS_SUPPORT_TOKEN_MAKER_H
#define VOUCH_TESTS_SUPPORT_TOKEN_MAKER_H

#include "base/bytes.h"

struct token_key;

/* A new private key: "RSA" (2048 bits), "RSA1024", "P-256", "P-384" or "P-521". */
struct token_key *token_key_new(const char *type, const char *kid);
void token_key_free(struct token_key *key);

/* {"kty":…,"kid":…,…more}; more is "" or begins with a comma. */
void token_key_append_jwk(struct buf *out, const struct token_key *key, const char *more);

/* {"keys":[…]} of one or, unless b is NULL, two keys. */
void token_keys_append_set(struct buf *out, const struct token_key *a, const struct token_key *b);

/* SubjectPublicKeyInfo. */
void token_key_append_pem(struct buf *out, const struct token_key *key);

/* header.payload.signature, signed as alg says (RS, PS or ES with 256, 384 or 512). */
void token_sign(struct buf *out, const struct token_key *key, const char *alg, const char *header,
                const char *payload);

/* The same with an HMAC (HS256), and without any signature. */
void token_sign_hmac(struct buf *out, struct bytes secret, const char *header, const char *payload);
void token_append_unsigned(struct buf *out, const char *header, const char *payload);

#endif
