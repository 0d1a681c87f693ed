/*
 * An approval and the ID token that comes with it: whether the provider vouches for what the
 * approval says of its actor's sign-in, for this very decision.
 */
#ifndef VOUCH_SERVER_OIDC_SIGN_IN_H
#define VOUCH_SERVER_OIDC_SIGN_IN_H

#include "schemas/record_fields.h"
#include "server/oidc/id_token.h"

/*
 * Verifies the token and compares it with the record: actor.id, actor.authentication (iss, amr,
 * auth_time, acr) and token (jti_hash, iat, exp) must be the token's, and its nonce must be derived
 * from the action that is approved and the request's nonce (approval_nonce.h). approval: the map of
 * a record of type approval, not necessarily valid. A problem's path is inside that record, or
 * begins with /id_token; its rule is AP17. Any thread.
 */
MUST_USE bool sign_in_verify(struct providers *providers, struct id_token *out,
                             const struct field *approval, struct bytes compact, uint64_t now_ms,
                             struct problem *problem);

#endif
