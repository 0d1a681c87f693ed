#include "server/oidc/sign_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schemas/approval_nonce.h"

enum { REQUEST_NONCE_LEN_MIN = 16, REQUEST_NONCE_LEN_MAX = 32 };

static bool refuse_record(struct problem *problem, const char *path, const char *want)
{
    problem_set(problem, PROBLEM_RECORD, "An approval with an ID token lacks what binds the two.");
    return problem_add(problem, path, NULL, want);
}

/* The nonce a token for this decision has. approve-edited is bound to the action as edited. */
static bool derive_nonce(char out[APPROVAL_NONCE_LEN + 1], const struct field *approval,
                         struct problem *problem)
{
    struct bytes nonce = field_bytes(field_get(approval, "nonce"));
    const struct field *edited = field_get(approval, "edited_action_digest");
    struct bytes digest =
        field_bytes(edited != NULL ? edited : field_get(approval, "action_digest"));
    struct hash action_digest;

    if (digest.len != HASH_LEN)
        return refuse_record(problem, edited != NULL ? "/edited_action_digest" : "/action_digest",
                             "32 bytes");
    if (nonce.len < REQUEST_NONCE_LEN_MIN || nonce.len > REQUEST_NONCE_LEN_MAX)
        return refuse_record(problem, "/nonce", "16 to 32 bytes");
    memcpy(action_digest.bytes, digest.data, HASH_LEN);
    approval_nonce_derive(out, &action_digest, nonce);
    return true;
}

/* ---- comparing; have is the record's, want the token's ---- */

static bool refuse_mismatch(struct problem *problem, const char *path, const char *want)
{
    problem_set(problem, PROBLEM_TOKEN_MISMATCH,
                "The approval says something else of the sign-in than the ID token.");
    return problem_add(problem, path, NULL, want);
}

/* An empty text is as good as none. */
static bool compare_text(const struct field *field, const char *path, const char *token,
                         struct problem *problem)
{
    if (bytes_equal_text(field_text(field), token) && (field == NULL) == (token[0] == '\0'))
        return true;
    return refuse_mismatch(problem, path, token);
}

static bool compare_time(const struct field *field, const char *path, uint64_t token_s,
                         struct problem *problem)
{
    char want[24];

    if (field != NULL && field->type == DCBOR_UINT && field->value == token_s)
        return true;
    snprintf(want, sizeof(want), "%" PRIu64, token_s);
    return refuse_mismatch(problem, path, want);
}

static bool compare_amr(const struct field *list, const struct id_token *token,
                        struct problem *problem)
{
    const struct field *item = field_first(list);
    bool ok = field_count(list) == token->amr_count;

    for (size_t i = 0; ok && i < token->amr_count; i++) {
        ok = bytes_equal_text(field_text(item), token->amr[i]);
        item = field_next(list, item);
    }
    return ok || refuse_mismatch(problem, "/actor/authentication/amr",
                                 "the values of the token, in their order");
}

static bool compare_actor(const struct field *approval, const struct id_token *token,
                          struct problem *problem)
{
    const struct field *actor = field_get(approval, "actor");
    const struct field *authentication = field_get(actor, "authentication");

    if (!bytes_equal_text(field_text(field_get(actor, "id")), token->actor_id))
        return refuse_mismatch(problem, "/actor/id", "the id of who signed in");
    return compare_text(field_get(actor, "kind"), "/actor/kind", "human", problem) &&
           compare_text(field_get(authentication, "iss"), "/actor/authentication/iss", token->iss,
                        problem) &&
           compare_text(field_get(authentication, "acr"), "/actor/authentication/acr", token->acr,
                        problem) &&
           compare_time(field_get(authentication, "auth_time"), "/actor/authentication/auth_time",
                        token->auth_time_s, problem) &&
           compare_amr(field_get(authentication, "amr"), token, problem);
}

static bool compare_token(const struct field *approval, const struct id_token *token,
                          struct problem *problem)
{
    const struct field *map = field_get(approval, "token");

    if (!bytes_equal(field_bytes(field_get(map, "jti_hash")), hash_bytes(&token->jti_hash)))
        return refuse_mismatch(problem, "/token/jti_hash", "SHA-256 of the token's jti");
    return compare_time(field_get(map, "iat"), "/token/iat", token->iat_s, problem) &&
           compare_time(field_get(map, "exp"), "/token/exp", token->exp_s, problem);
}

bool sign_in_verify(struct providers *providers, struct id_token *out,
                    const struct field *approval, struct bytes compact, uint64_t now_ms,
                    struct problem *problem)
{
    char nonce[APPROVAL_NONCE_LEN + 1];
    bool ok = derive_nonce(nonce, approval, problem) &&
              id_token_verify(providers, out, compact, nonce, now_ms, problem) &&
              compare_actor(approval, out, problem) && compare_token(approval, out, problem);

    if (!ok && problem->kind != PROBLEM_TOKEN_KEYS)
        problem_add_rule(problem, "AP17");
    return ok;
}
