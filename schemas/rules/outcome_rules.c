/* The rules for outcomes that no human votes: withdrawn, expired, approved within a threshold. */
#include "schemas/rules/families.h"

#include "schemas/rules/policy_facts.h"
#include "schemas/rules/version_facts.h"
#include "schemas/rules/vote.h"

static bool check_expire(const struct rule_context *context, const struct vote *vote)
{
    const struct field *decided = field_get(context->record, "decided_at_ms");

    if (!field_is_text(field_at(context->record, "actor.kind"), "system"))
        return rule_broken_at(context, "/actor/kind", field_at(context->record, "actor.kind"),
                              "system");
    if (field_uint(decided, 0) < vote->request.expires_at_ms ||
        context->statement->received_at_ms < vote->request.expires_at_ms)
        return rule_broken_at(context, "/decided_at_ms", decided,
                              "a time after the request expired");
    return true;
}

/* AP26 */
static bool check_outcome_actor(const struct rule_context *context)
{
    struct vote vote = vote_of(context);

    if (vote.has_request && vote.outcome == OUTCOME_EXPIRE)
        return check_expire(context, &vote);
    if (vote.has_request && vote.outcome == OUTCOME_WITHDRAW &&
        !bytes_equal(vote.who, vote.request.requester))
        return vote_broken_for_actor(context, "the requester");
    return true;
}

static bool check_amount(const struct rule_context *context, const struct policy_fact *policy,
                         const struct field *parameters)
{
    const struct field *minimum = field_get(parameters, "auto_approval_minimum_score_bp");
    const struct field *automatic = field_get(context->record, "auto_approval");
    const struct field *amount = field_get(automatic, "amount");
    const struct field *score = field_get(automatic, "score_bp");

    if (!bytes_equal(field_text(field_get(automatic, "unit")),
                     field_text(field_get(parameters, "auto_approval_unit"))))
        return rule_broken_at(context, "/auto_approval/unit", field_get(automatic, "unit"),
                              "the unit of the policy %.*s", (int)policy->id.len,
                              (const char *)policy->id.data);
    if (field_uint(amount, UINT64_MAX) >
        field_uint(field_get(parameters, "auto_approval_maximum"), 0))
        return rule_broken_at(context, "/auto_approval/amount", amount,
                              "at most the policy's auto_approval_maximum");
    if (minimum != NULL && field_uint(score, 0) < field_uint(minimum, UINT64_MAX))
        return rule_broken_at(context, "/auto_approval/score_bp", score,
                              "at least the policy's auto_approval_minimum_score_bp");
    return true;
}

static bool check_automatic(const struct rule_context *context, const struct vote *vote,
                            const struct policy_fact *policy)
{
    struct record_fields memory = {0};
    const struct field *parameters = fact_map(&memory, policy->parameters);
    const char *risk = risk_level_name(vote->request.risk);
    bool holds = check_amount(context, policy, parameters);

    if (holds && (vote->request.risk >= RISK_CRITICAL ||
                  !field_list_has(field_get(parameters, "applies_to_risks"),
                                  bytes_of_text(risk))))
        holds = rule_broken(context, "/auto_approval/threshold_policy", risk,
                            "a risk that the policy lists, and never critical");
    record_fields_cleanup(&memory);
    return holds;
}

/* AP22 */
static bool check_threshold(const struct rule_context *context)
{
    const struct field *kind = field_at(context->record, "actor.kind");
    const struct field *named = field_at(context->record, "auto_approval.threshold_policy");
    struct policy_place place = policy_place_of(context);
    struct vote vote = vote_of(context);
    struct policy_fact policy;

    if (!vote.has_request || vote.outcome != OUTCOME_AUTO_APPROVE)
        return true;
    if (!field_is_text(kind, "system"))
        return rule_broken_at(context, "/actor/kind", kind, "system");
    place.environment = vote.request.environment;
    if (named == NULL || !policy_get(&place, named, &policy) ||
        !policy_is_kind(&policy, "auto-threshold") ||
        !policy_is_in_force(&policy, context->statement->received_at_ms))
        return rule_broken_at(context, "/auto_approval/threshold_policy", field_get(named, "id"),
                              "a policy of kind auto-threshold that is in force");
    return check_automatic(context, &vote, &policy);
}

#define APPROVAL TYPE_BIT(RECORD_APPROVAL)

const struct rule rules_outcome[] = {
    {"AP22", "threshold", RULE_REFUSES, APPROVAL, check_threshold,
     "A system approves by itself only within a threshold policy that is in force."},
    {"AP26", "outcome-actor", RULE_REFUSES, APPROVAL, check_outcome_actor,
     "Only the requester withdraws a request, and only a system says that it expired."},
};
const size_t rules_outcome_count = sizeof(rules_outcome) / sizeof(rules_outcome[0]);
