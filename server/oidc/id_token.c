#include "server/oidc/id_token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "schemas/token_claims.h"

/* A token on its way through the checks. */
struct check {
    const struct token_claims *claims;
    const struct provider_options *options;
    const char *nonce;
    uint64_t now_s;
    struct problem *problem;
};

static bool refuse_claim(struct check *check, const char *name, const char *want)
{
    char path[64];

    snprintf(path, sizeof(path), "/id_token/%s", name);
    problem_set(check->problem, PROBLEM_TOKEN_INVALID,
                "The ID token lacks a claim, or it is not of the right form.");
    return problem_add(check->problem, path, NULL, want);
}

/* Copies the text of a claim; the caller has refused the token if it must be there and is not. */
static bool copy_claim(struct check *check, char *out, const char *name, size_t len_max)
{
    const char *text = token_claims_text(check->claims, name, len_max);

    if (text == NULL)
        return refuse_claim(check, name, "text of a sensible length");
    memcpy(out, text, strlen(text) + 1);
    return true;
}

/* ---- who says it, and to whom ---- */

/* Further audiences could pass the token on to us; none is trusted (3.1.3.7, 3). */
static bool check_audience(struct check *check)
{
    const char *want = check->options->audience;
    size_t count = token_claims_list_count(check->claims, "aud");
    const char *azp = token_claims_text(check->claims, "azp", ID_TOKEN_URI_LEN_MAX);
    bool ok = count >= 1 && count <= ID_TOKEN_AUDIENCES_MAX &&
              (azp == NULL ? !token_claims_has(check->claims, "azp") : strcmp(azp, want) == 0);

    for (size_t i = 0; ok && i < count; i++) {
        const char *audience =
            token_claims_list_text(check->claims, "aud", i, ID_TOKEN_URI_LEN_MAX);

        ok = audience != NULL && strcmp(audience, want) == 0;
    }
    if (ok)
        return true;
    problem_set(check->problem, PROBLEM_TOKEN_AUDIENCE,
                "The ID token was issued to somebody else, or not to this client alone.");
    return problem_add(check->problem, "/id_token/aud", NULL, want);
}

static bool check_nonce(struct check *check)
{
    const char *nonce = token_claims_text(check->claims, "nonce", ID_TOKEN_URI_LEN_MAX);

    if (check->nonce == NULL || (nonce != NULL && strcmp(nonce, check->nonce) == 0))
        return true;
    problem_set(check->problem, PROBLEM_TOKEN_NONCE,
                "The ID token was not issued for this decision: its nonce is another.");
    return problem_add(check->problem, "/id_token/nonce", NULL, check->nonce);
}

/* ---- when ---- */

static bool read_time(struct check *check, uint64_t *out_s, const char *name)
{
    return token_claims_time(check->claims, name, out_s) ||
           refuse_claim(check, name, "seconds since 1970");
}

/* A time that must not lie in the future, but for the skew of the provider's clock. */
static bool check_past(struct check *check, const char *name, uint64_t time_s)
{
    char path[64];
    char have[32];
    char want[32];

    if (time_s <= check->now_s + check->options->clock_skew_s)
        return true;
    snprintf(path, sizeof(path), "/id_token/%s", name);
    snprintf(have, sizeof(have), "%" PRIu64, time_s);
    snprintf(want, sizeof(want), "at most %" PRIu64, check->now_s + check->options->clock_skew_s);
    problem_set(check->problem, PROBLEM_TOKEN_EARLY, "The ID token is not valid yet.");
    return problem_add(check->problem, path, have, want);
}

static bool check_expiry(struct check *check, const struct id_token *token)
{
    char have[32];
    char want[32];

    if (token->exp_s <= token->iat_s)
        return refuse_claim(check, "exp", "later than iat");
    if (check->now_s < token->exp_s + check->options->clock_skew_s)
        return true;
    snprintf(have, sizeof(have), "%" PRIu64, token->exp_s);
    snprintf(want, sizeof(want), "later than %" PRIu64,
             check->now_s - check->options->clock_skew_s);
    problem_set(check->problem, PROBLEM_TOKEN_EXPIRED, "The ID token has expired.");
    return problem_add(check->problem, "/id_token/exp", have, want);
}

static bool take_times(struct check *check, struct id_token *out)
{
    uint64_t nbf_s = 0;

    return read_time(check, &out->iat_s, "iat") && read_time(check, &out->exp_s, "exp") &&
           read_time(check, &out->auth_time_s, "auth_time") &&
           (!token_claims_has(check->claims, "nbf") || read_time(check, &nbf_s, "nbf")) &&
           check_expiry(check, out) && check_past(check, "iat", out->iat_s) &&
           check_past(check, "nbf", nbf_s) && check_past(check, "auth_time", out->auth_time_s);
}

/* ---- about whom, and how that person signed in ---- */

static bool take_amr(struct check *check, struct id_token *out)
{
    size_t count = token_claims_list_count(check->claims, "amr");

    if (!token_claims_is_list(check->claims, "amr") || count == 0 || count > ID_TOKEN_AMR_MAX)
        return refuse_claim(check, "amr", "a list of 1 to 16 values of RFC 8176");
    for (size_t i = 0; i < count; i++) {
        const char *value = token_claims_list_text(check->claims, "amr", i, ID_TOKEN_AMR_LEN_MAX);

        if (value == NULL)
            return refuse_claim(check, "amr", "a list of 1 to 16 values of RFC 8176");
        memcpy(out->amr[i], value, strlen(value) + 1);
    }
    out->amr_count = count;
    return true;
}

static bool acr_is_accepted(const struct provider_options *options, const char *acr)
{
    for (size_t i = 0; i < options->acr_count; i++) {
        if (strcmp(options->acr_values[i], acr) == 0)
            return true;
    }
    return options->acr_count == 0;
}

static bool take_acr(struct check *check, struct id_token *out)
{
    if (token_claims_has(check->claims, "acr") &&
        !copy_claim(check, out->acr, "acr", ID_TOKEN_URI_LEN_MAX))
        return false;
    if (acr_is_accepted(check->options, out->acr))
        return true;
    problem_set(check->problem, PROBLEM_TOKEN_ACR,
                "The approver did not sign in the way this log asks for.");
    return problem_add(check->problem, "/id_token/acr", out->acr, check->options->acr_values[0]);
}

static bool take_jti(struct check *check, struct id_token *out)
{
    const char *jti = token_claims_text(check->claims, "jti", ID_TOKEN_URI_LEN_MAX);

    if (jti == NULL)
        return refuse_claim(check, "jti", "text of a sensible length");
    hash_sha256(&out->jti_hash, bytes_of_text(jti));
    return true;
}

static bool take_claims(struct check *check, struct id_token *out)
{
    return check_audience(check) && take_times(check, out) && check_nonce(check) &&
           copy_claim(check, out->iss, "iss", ID_TOKEN_URI_LEN_MAX) &&
           copy_claim(check, out->sub, "sub", ID_TOKEN_SUB_LEN_MAX) &&
           copy_claim(check, out->actor_id, check->options->actor_claim, ID_TOKEN_ACTOR_LEN_MAX) &&
           take_jti(check, out) && take_amr(check, out) && take_acr(check, out);
}

/* ---- the signature ---- */

static bool explain_verdict(enum jose_verdict verdict, struct provider *provider,
                            const struct jose_token *token, struct problem *problem)
{
    switch (verdict) {
    case JOSE_VERIFIED:
        return true;
    case JOSE_ALG_REFUSED:
        problem_set(problem, PROBLEM_TOKEN_ALGORITHM,
                    "The ID token is signed with an algorithm that is not accepted here.");
        return problem_add(problem, "/id_token/alg", token->alg, NULL);
    case JOSE_KEY_UNKNOWN:
        if (provider_want_key(provider))
            return problem_set(problem, PROBLEM_TOKEN_KEYS,
                               "The key is not known yet; the provider's keys are being loaded.");
        problem_set(problem, PROBLEM_TOKEN_KEY_UNKNOWN, "The provider has no such key.");
        return problem_add(problem, "/id_token/kid", token->kid, NULL);
    case JOSE_SIGNATURE_BAD:
        break;
    }
    return problem_set(problem, PROBLEM_TOKEN_SIGNATURE,
                       "The signature of the ID token does not verify.");
}

static bool verify_signature(struct provider *provider, struct hash *out_keys_digest,
                             const struct jose_token *token, struct problem *problem)
{
    struct jose_keys *keys = provider_hold_keys(provider);
    enum jose_verdict verdict;

    if (keys == NULL) {
        provider_want_key(provider);
        return problem_set(problem, PROBLEM_TOKEN_KEYS, "The provider's keys are not loaded.");
    }
    verdict = jose_token_verify(token, keys, provider_options(provider)->algs);
    *out_keys_digest = keys->digest;
    snapshot_release(&keys->snapshot);
    return explain_verdict(verdict, provider, token, problem);
}

/* Tokens of other kinds that a provider signs with the same keys say so (RFC 8725, 3.11). */
static bool check_type(const struct jose_token *token, struct problem *problem)
{
    if (token->typ[0] == '\0' || strcasecmp(token->typ, "JWT") == 0)
        return true;
    problem_set(problem, PROBLEM_TOKEN_INVALID, "This is a token of another kind.");
    return problem_add(problem, "/id_token/typ", token->typ, "JWT");
}

static bool find_provider(struct providers *providers, struct provider **out,
                          const struct token_claims *claims, struct problem *problem)
{
    const char *iss = token_claims_text(claims, "iss", ID_TOKEN_URI_LEN_MAX);

    *out = iss == NULL ? NULL : providers_find(providers, iss);
    if (*out != NULL)
        return true;
    problem_set(problem, PROBLEM_TOKEN_ISSUER, "This log trusts no such identity provider.");
    return problem_add(problem, "/id_token/iss", iss, NULL);
}

static bool verify_parsed(struct providers *providers, struct id_token *out,
                          const struct jose_token *token, struct check *check)
{
    struct provider *provider;

    if (!check_type(token, check->problem) ||
        !find_provider(providers, &provider, check->claims, check->problem) ||
        !verify_signature(provider, &out->keys_digest, token, check->problem))
        return false;
    check->options = provider_options(provider);
    return take_claims(check, out);
}

bool id_token_verify(struct providers *providers, struct id_token *out, struct bytes compact,
                     const char *nonce, uint64_t now_ms, struct problem *problem)
{
    struct check check = {.nonce = nonce, .now_s = now_ms / 1000, .problem = problem};
    struct token_claims *claims = NULL;
    struct jose_token token;
    struct err err = {0};
    bool ok;

    *out = (struct id_token){0};
    if (!jose_token_parse(&token, compact, &err))
        return problem_set(problem, PROBLEM_TOKEN_INVALID, "ID token: %s", err.text);
    if (token_claims_parse(&claims, bytes_of_buf(&token.payload), &err)) {
        check.claims = claims;
        ok = verify_parsed(providers, out, &token, &check);
    } else {
        ok = problem_set(problem, PROBLEM_TOKEN_INVALID, "ID token: %s", err.text);
    }
    token_claims_free(claims);
    jose_token_cleanup(&token);
    return ok;
}
