/*
 * What an ID token says of who signed in, to fill a record with. Nothing of it is verified here,
 * where nobody knows the provider's keys: the log does that.
 */
#ifndef VOUCH_CLIENT_DECISION_SIGN_IN_H
#define VOUCH_CLIENT_DECISION_SIGN_IN_H

#include "merkle/hash.h"
#include "schemas/token_claims.h"

enum { SIGN_IN_TOKEN_LEN_MAX = 16384, SIGN_IN_CLAIM_LEN_MAX = 1000, SIGN_IN_AMR_MAX = 16 };

/* Zeroed: none. Texts are borrowed from claims. */
struct sign_in {
    struct buf compact;
    struct token_claims *claims;
    const char *actor_id;
    const char *nonce; /* NULL: it has none */
    uint64_t auth_time_s;
    uint64_t iat_s;
    uint64_t exp_s;
};

/*
 * Takes an ID token in compact serialization apart; blanks around it are left out. actor_claim
 * names the claim that is the actor's id. ERR_INVALID says which claim is missing or no good.
 */
MUST_USE bool sign_in_parse(struct sign_in *out, struct bytes token, const char *actor_claim,
                            struct err *err);

/* The same from a file. */
MUST_USE bool sign_in_read(struct sign_in *out, const char *path, const char *actor_claim,
                           struct err *err);
/* Wipes the token. */
void sign_in_cleanup(struct sign_in *sign_in);

/* Whether it is for this decision: its nonce is derived from the two (approval_nonce.h). */
MUST_USE bool sign_in_check_nonce(const struct sign_in *sign_in, const struct hash *action_digest,
                                  struct bytes request_nonce, struct err *err);

/* Whether it may serve now: issued, and not expired. */
MUST_USE bool sign_in_check_time(const struct sign_in *sign_in, uint64_t now_ms, struct err *err);

/* Appends an actor-map (common.cddl); role may be NULL. */
void sign_in_append_actor(struct buf *out, const struct sign_in *sign_in, const char *role);

/* Appends the map `token` of an approval. */
void sign_in_append_token(struct buf *out, const struct sign_in *sign_in);

#endif
