/* The rules for how an approver signed in, and when. */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/approval_lists.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/sign_in.h"

/* approve, approve-edited, reject: what a human decides. */
static bool is_decision(const struct rule_context *context)
{
    enum approval_outcome outcome = approval_outcome_of(field_get(context->record, "outcome"));

    return approval_outcome_is_vote(outcome) && outcome != OUTCOME_ABSTAIN;
}

static uint64_t decided_at_ms(const struct rule_context *context)
{
    return field_uint(field_get(context->record, "decided_at_ms"), 0);
}

/* AP16 */
static bool check_factors(const struct rule_context *context)
{
    const struct field *authentication = field_at(context->record, "actor.authentication");

    if (!is_decision(context) || sign_in_is_multi_factor(authentication))
        return true;
    return rule_broken_at(context, "/actor/authentication/amr", field_get(authentication, "amr"),
                          "mfa, or methods of two factors");
}

/* AP16 */
static bool check_weak_factor(const struct rule_context *context)
{
    const struct field *authentication = field_at(context->record, "actor.authentication");

    if (!is_decision(context) || !sign_in_is_weak(authentication))
        return true;
    return rule_broken_at(context, "/actor/authentication/amr", field_get(authentication, "amr"),
                          "a second factor other than a telephone");
}

/* AP17 */
static bool check_token_is_there(const struct rule_context *context)
{
    if (!is_decision(context) || field_get(context->record, "token") != NULL)
        return true;
    return rule_broken(context, "/token", "nothing", "the token the approver decided with");
}

/* AP17. The times of a token are whole seconds, rounded down. */
static bool check_token_times(const struct rule_context *context)
{
    const struct field *token = field_get(context->record, "token");
    const struct field *exp = field_get(token, "exp");
    const struct field *iat = field_get(token, "iat");
    uint64_t decided_s = decided_at_ms(context) / 1000;

    if (token == NULL)
        return true;
    if (field_uint(iat, UINT64_MAX) > decided_s)
        return rule_broken_at(context, "/token/iat", iat, "at most %" PRIu64, decided_s);
    if (field_uint(exp, 0) <= decided_s)
        return rule_broken_at(context, "/token/exp", exp, "more than %" PRIu64, decided_s);
    return true;
}

/* AP17 */
static bool check_token_lifetime(const struct rule_context *context)
{
    const struct field *token = field_get(context->record, "token");
    const struct field *exp = field_get(token, "exp");
    uint64_t iat = field_uint(field_get(token, "iat"), 0);
    struct approval_request request;

    if (token == NULL || !approval_of_vote(context, &request) ||
        field_uint(exp, 0) <= iat || field_uint(exp, 0) - iat <= request.token_lifetime_s)
        return true;
    return rule_broken_at(context, "/token/exp", exp, "at most %" PRIu64 " s after iat",
                          request.token_lifetime_s);
}

/* AP17 */
static bool check_token_once(const struct rule_context *context)
{
    const struct field *jti_hash = field_at(context->record, "token.jti_hash");

    if (jti_hash == NULL || !approval_token_is_used(context->facts, field_bytes(jti_hash)))
        return true;
    return rule_broken_at(context, "/token/jti_hash", jti_hash, "a token that was never used");
}

/* AP17. What the log says of itself, held against what is in it. */
static bool check_token_check(const struct rule_context *context)
{
    const struct field *check = field_get(context->record, "token_check");
    const struct field *approval = field_get(check, "approval");
    struct bytes record_id = field_bytes(field_get(approval, "record_id"));
    struct record_fact found;

    if (check == NULL ||
        (record_fact_get(context->facts, field_text(field_get(check, "tenant")), record_id,
                         &found) &&
         found.type == RECORD_APPROVAL &&
         bytes_equal(found.digest, field_bytes(field_get(approval, "record_digest"))) &&
         approval_token_is_of(context->facts, field_bytes(field_get(check, "jti_hash")),
                              record_id)))
        return true;
    return rule_broken(context, "/token_check/approval", "another record",
                       "an approval in the log, with this digest and this token");
}

/* AP17 */
static bool check_decided(const struct rule_context *context)
{
    const struct field *decided = field_get(context->record, "decided_at_ms");
    const struct field *auth_time = field_at(context->record, "actor.authentication.auth_time");
    uint64_t ahead_ms = context->settings->thresholds[THRESHOLD_FUTURE_MS];
    uint64_t at_ms = decided_at_ms(context);
    struct approval_request request;

    if (!approval_of_vote(context, &request) ||
        field_is_text(field_get(context->record, "outcome"), "expire"))
        return true;
    if (field_uint(auth_time, 0) > at_ms / 1000)
        return rule_broken_at(context, "/actor/authentication/auth_time", auth_time,
                              "a time before the decision");
    if (at_ms < request.requested_at_ms || at_ms > request.expires_at_ms)
        return rule_broken_at(context, "/decided_at_ms", decided,
                              "from %" PRIu64 " to %" PRIu64 ", as the request says",
                              request.requested_at_ms, request.expires_at_ms);
    if (at_ms > context->statement->received_at_ms &&
        at_ms - context->statement->received_at_ms > ahead_ms)
        return rule_broken_at(context, "/decided_at_ms", decided, "a time that is not ahead");
    return true;
}

/* AP18 */
static bool check_late(const struct rule_context *context)
{
    uint64_t late_ms = context->settings->thresholds[THRESHOLD_LATE_APPROVAL_MS];
    uint64_t at_ms = decided_at_ms(context);
    uint64_t received_at_ms = context->statement->received_at_ms;

    if (!is_decision(context) || at_ms >= received_at_ms || received_at_ms - at_ms <= late_ms)
        return true;
    return rule_broken_at(context, "/decided_at_ms", field_get(context->record, "decided_at_ms"),
                          "at most %" PRIu64 " ms before it was received", late_ms);
}

/* AP27. Hours are those of the clock, so that one small fact is enough. */
static bool check_rapid(const struct rule_context *context)
{
    enum approval_outcome outcome = approval_outcome_of(field_get(context->record, "outcome"));
    uint64_t minimum_ms = context->settings->thresholds[THRESHOLD_RAPID_APPROVAL_MS];
    uint64_t most = context->settings->thresholds[THRESHOLD_APPROVALS_PER_HOUR];
    struct bytes who = field_text(field_at(context->record, "actor.id"));
    struct approval_request request;

    if (!approval_outcome_is_yes(outcome) || outcome == OUTCOME_AUTO_APPROVE ||
        !approval_of_vote(context, &request))
        return true;
    if (decided_at_ms(context) < request.requested_at_ms + minimum_ms)
        return rule_broken_at(context, "/decided_at_ms",
                              field_get(context->record, "decided_at_ms"),
                              "%" PRIu64 " ms after the request or later", minimum_ms);
    if (approval_count_in_hour(context->facts, rule_tenant(context), who,
                               context->statement->received_at_ms) >= most)
        return rule_broken_at(context, "/actor/id", field_at(context->record, "actor.id"),
                              "at most %" PRIu64 " approvals in an hour", most);
    return true;
}

#define APPROVAL TYPE_BIT(RECORD_APPROVAL)

const struct rule rules_token[] = {
    {"AP16", "mfa-missing", RULE_REFUSES, APPROVAL, check_factors,
     "Who decides signed in with more than one factor."},
    {"AP16", "weak-mfa", RULE_FLAGS, APPROVAL, check_weak_factor,
     "The second factor is more than a text message or a telephone call."},
    {"AP17", "token-missing", RULE_REFUSES, APPROVAL, check_token_is_there,
     "Who decides does so with a token made for the decision."},
    {"AP17", "token-expired", RULE_REFUSES, APPROVAL, check_token_times,
     "The token was issued before the decision and had not expired then."},
    {"AP17", "token-too-long", RULE_REFUSES, APPROVAL, check_token_lifetime,
     "A token is good for no longer than the approval matrix says."},
    {"AP17", "token-reused", RULE_REFUSES, APPROVAL, check_token_once,
     "A token serves one approval, once for ever."},
    {"AP17", "decided-outside", RULE_REFUSES, APPROVAL, check_decided,
     "A decision falls between the request and its expiry, after the approver signed in."},
    {"AP17", "check-unfounded", RULE_REFUSES, TYPE_BIT(RECORD_LOG_METADATA), check_token_check,
     "A token that the log says it has checked is that of an approval in the log."},
    {"AP18", "late-approval", RULE_FLAGS, APPROVAL, check_late,
     "A decision reaches the log soon after it was made."},
    {"AP27", "rapid-approval", RULE_FLAGS, APPROVAL, check_rapid,
     "An approver takes time to read, and approves so many things an hour at most."},
};
const size_t rules_token_count = sizeof(rules_token) / sizeof(rules_token[0]);
