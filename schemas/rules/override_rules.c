/* The rules for going around a control (O1 to O4), and for looking at it afterwards (O5). An
 * override takes the place of an approval, so one that nobody may give is refused like one. */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/approval_facts.h"
#include "schemas/rules/node_demand.h"
#include "schemas/rules/override_facts.h"
#include "schemas/rules/owners.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/run_workflow.h"
#include "schemas/rules/sign_in.h"

static const struct field *member(const struct rule_context *context, const char *path)
{
    return field_at(context->record, path);
}

/* ---- overrides ---- */

/* O1 */
static bool check_grant(const struct rule_context *context)
{
    const struct field *kind = member(context, "actor.kind");
    const struct field *id = member(context, "actor.id");
    struct principal actor;

    if (!field_is_text(kind, "human"))
        return rule_broken_at(context, "/actor/kind", kind, "human");
    if (!rule_principal(context, field_text(id), &actor) ||
        !bytes_equal_text(actor.kind, "human") ||
        !principal_has_scope(&actor, bytes_of_text("override")))
        return rule_broken_at(context, "/actor/id", id,
                              "a registered human with the scope override");
    if (!sign_in_is_multi_factor(member(context, "actor.authentication")))
        return rule_broken_at(context, "/actor/authentication/amr",
                              member(context, "actor.authentication.amr"),
                              "mfa, or methods of two factors");
    return true;
}

/* O1. That an override policy lists the code is not checked: no record carries such a list. */
static bool check_reason(const struct rule_context *context)
{
    if (member(context, "reason.description") != NULL ||
        member(context, "reason.attachment") != NULL)
        return true;
    return rule_broken(context, "/reason", NULL, "a description or an attachment");
}

/* Within a limit after the override was made. */
static bool check_time(const struct rule_context *context, const char *path, uint64_t limit_ms)
{
    const struct field *time = field_get(context->record, path + 1);
    uint64_t begins_at_ms = field_uint(field_get(context->record, "occurred_at_ms"), 0);
    uint64_t at_ms = field_uint(time, 0);

    if (at_ms > begins_at_ms && at_ms - begins_at_ms <= limit_ms)
        return true;
    return rule_broken_at(context, path, time,
                          "after occurred_at_ms, by at most %" PRIu64 " ms", limit_ms);
}

/* The requester of something bypassed would look at what was done for them. */
static bool requested_bypassed(const struct rule_context *context, struct bytes who)
{
    const struct field *bypassed = field_get(context->record, "bypassed");
    struct approval_request request;

    for (const struct field *item = field_first(bypassed); item != NULL;
         item = field_next(bypassed, item)) {
        const struct field *reference = field_get(item, "approval_request");

        if (reference != NULL && approval_resolve(context, reference, &request) &&
            owners_include(context->facts, context->statement->index, request.requester, who))
            return true;
    }
    return false;
}

/* O2 */
static bool check_review_planned(const struct rule_context *context)
{
    const uint64_t *thresholds = context->settings->thresholds;
    const struct field *reviewer = field_get(context->record, "reviewer");
    struct bytes who = field_text(reviewer);

    if (!check_time(context, "/expires_at_ms", thresholds[THRESHOLD_OVERRIDE_LIFETIME_MS]) ||
        !check_time(context, "/review_due_at_ms", thresholds[THRESHOLD_OVERRIDE_REVIEW_MS]))
        return false;
    if (!bytes_equal(who, field_text(member(context, "actor.id"))) &&
        !bytes_equal(who, field_text(member(context, "second_actor.id"))) &&
        !requested_bypassed(context, who))
        return true;
    return rule_broken_at(context, "/reviewer", reviewer,
                          "somebody who neither acts here nor requested what is bypassed");
}

static bool is_bypassed_known(const struct rule_context *context, const struct field *item)
{
    const struct field *node_id = field_get(item, "node_id");
    const struct field *named = field_get(item, "policy");
    const struct field *reference = field_get(item, "approval_request");
    struct policy_place place = policy_place_of(context);
    struct approval_request request;
    struct policy_fact policy;

    return (reference != NULL && approval_resolve(context, reference, &request)) ||
           (named != NULL && policy_get(&place, named, &policy)) ||
           (node_id != NULL && rule_graph_has_node(context, field_text(node_id)));
}

/* O3 */
static bool check_bypassed(const struct rule_context *context)
{
    const struct field *bypassed = field_get(context->record, "bypassed");

    for (const struct field *item = field_first(bypassed); item != NULL;
         item = field_next(bypassed, item)) {
        if (is_bypassed_known(context, item))
            return true;
    }
    return rule_broken_at(context, "/bypassed", bypassed,
                          "a policy, request or node that is logged");
}

/* Of the run and node that the subject names, or else the header. */
static enum risk_level risk_of(const struct rule_context *context)
{
    struct bytes tenant = rule_tenant(context);
    struct node_demand demand;
    struct run run;

    run_get(context->facts, tenant, override_run_id(context), &run);
    node_demand_get(&demand, context->facts, tenant, &run,
                    field_text(member(context, "subject.node_id")));
    node_demand_cleanup(&demand);
    return demand.risk;
}

/* O4 */
static bool check_second(const struct rule_context *context)
{
    const struct field *second = field_get(context->record, "second_actor");

    if (risk_of(context) < RISK_CRITICAL ||
        (field_is_text(field_get(second, "kind"), "human") &&
         !bytes_equal(field_text(field_get(second, "id")),
                      field_text(member(context, "actor.id"))) &&
         sign_in_is_multi_factor(field_get(second, "authentication"))))
        return true;
    return rule_broken_at(context, "/second_actor", field_get(second, "id"),
                          "a second human, signed in with more than one factor");
}

/* ---- reviews ---- */

/* O5 */
static bool check_review_human(const struct rule_context *context)
{
    const struct field *kind = member(context, "actor.kind");
    const struct field *id = member(context, "actor.id");
    struct principal known;

    if (!field_is_text(kind, "human"))
        return rule_broken_at(context, "/actor/kind", kind, "human");
    if (rule_principal(context, field_text(id), &known) && !bytes_equal_text(known.kind, "human"))
        return rule_broken_at(context, "/actor/id", id, "somebody who is registered as human");
    return true;
}

/* O5 */
static bool check_review_self(const struct rule_context *context)
{
    const struct field *id = member(context, "actor.id");
    struct override override;

    if (!override_of_review(context, &override) ||
        (!bytes_equal(field_text(id), override.actor) &&
         !bytes_equal(field_text(id), override.second_actor)))
        return true;
    return rule_broken_at(context, "/actor/id", id, "somebody who did not override");
}

/* O5 */
static bool check_review_first(const struct rule_context *context)
{
    struct override override;

    if (!override_of_review(context, &override) || override.review.len == 0)
        return true;
    return rule_broken_at(context, "/override", member(context, "override.record_id"),
                          "an override that was not reviewed yet");
}

/* O5 */
static bool check_review_late(const struct rule_context *context)
{
    struct override override;

    if (!override_of_review(context, &override) ||
        context->statement->received_at_ms <= override.review_due_at_ms)
        return true;
    return rule_broken_at(context, "/occurred_at_ms", field_get(context->record, "occurred_at_ms"),
                          "a review by %" PRIu64, override.review_due_at_ms);
}

static bool is_incident(const struct rule_context *context, const struct field *reference)
{
    struct record_fact record;

    return reference != NULL &&
           record_fact_resolve(context, reference, TYPE_BIT(RECORD_INCIDENT), &record);
}

/* O5. The incident may be among the references of the review or of one of its actions. */
static bool check_review_incident(const struct rule_context *context)
{
    const struct field *references = field_get(context->record, "references");
    const struct field *actions = field_get(context->record, "corrective_actions");
    struct override override;

    if (!field_is_text(field_get(context->record, "verdict"), "unjustified") ||
        (override_of_review(context, &override) && override.has_incident))
        return true;
    for (const struct field *item = field_first(references); item != NULL;
         item = field_next(references, item)) {
        if (is_incident(context, item))
            return true;
    }
    for (const struct field *item = field_first(actions); item != NULL;
         item = field_next(actions, item)) {
        if (is_incident(context, field_get(item, "reference")))
            return true;
    }
    return rule_broken_at(context, "/references", references, "the incident that this is");
}

#define OVERRIDE TYPE_BIT(RECORD_OVERRIDE)
#define REVIEW TYPE_BIT(RECORD_OVERRIDE_REVIEW)

const struct rule rules_override[] = {
    {"O1", "override-not-granted", RULE_REFUSES, OVERRIDE, check_grant,
     "Who overrides is human, has the scope override and signed in with more than one factor."},
    {"O1", "reason-missing", RULE_REFUSES, OVERRIDE, check_reason,
     "Who overrides says why."},
    {"O2", "review-unplanned", RULE_REFUSES, OVERRIDE, check_review_planned,
     "An override ends soon, and somebody else is to look at it soon."},
    {"O3", "ref-missing", RULE_FLAGS, OVERRIDE, check_bypassed,
     "What an override bypasses is known."},
    {"O4", "single-person-breakglass", RULE_FLAGS, OVERRIDE, check_second,
     "Where the risk is critical two people override together."},
    {"O5", "not-human", RULE_REFUSES, REVIEW, check_review_human,
     "Who reviews an override is human."},
    {"O5", "self-review", RULE_REFUSES, REVIEW, check_review_self,
     "Nobody reviews what they overrode."},
    {"O5", "already-reviewed", RULE_REFUSES, REVIEW, check_review_first,
     "An override has one review: the first one counts."},
    {"O5", "review-late", RULE_FLAGS, REVIEW, check_review_late,
     "An override is reviewed by the time it said."},
    {"O5", "incident-missing", RULE_REFUSES_IN_STRICT, REVIEW, check_review_incident,
     "An override that was not justified is an incident."},
};
const size_t rules_override_count = sizeof(rules_override) / sizeof(rules_override[0]);
