/* The rules that tie what was done to who allowed it: EX4, M8, M10 and the label of O7. What was
 * done is a fact and enters, flagged: the gate is what says no. */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/action_judgement.h"
#include "schemas/rules/approval_lists.h"
#include "schemas/rules/node_demand.h"
#include "schemas/rules/override_facts.h"

/* ---- events ---- */

static bool is_judged(const struct rule_context *context, enum action_verdict verdict)
{
    return rule_action_judgement(context)->verdict == verdict;
}

/* EX4 */
static bool check_unapproved(const struct rule_context *context)
{
    if (!is_judged(context, ACTION_UNAPPROVED))
        return true;
    return rule_broken_at(context, "/action", field_at(context->record, "action.operation"),
                          "an approval of this action, in force and logged before");
}

/* EX4 */
static bool check_too_early(const struct rule_context *context)
{
    if (!is_judged(context, ACTION_TOO_EARLY))
        return true;
    return rule_broken_at(context, "/occurred_at_ms", field_get(context->record, "occurred_at_ms"),
                          "after the approval, at %" PRIu64,
                          rule_action_judgement(context)->request.approved_at_ms);
}

/* EX4 */
static bool check_reused(const struct rule_context *context)
{
    if (!is_judged(context, ACTION_REUSED))
        return true;
    return rule_broken(context, "/action", "an approval that was used",
                       "an approval for each action");
}

/* EX4. Where the contract wants a gate that blocks, an approval alone does not show that it did. */
static bool check_grant(const struct rule_context *context)
{
    const struct action_judgement *judgement = rule_action_judgement(context);

    if (judgement->verdict == ACTION_BAD_GRANT)
        return rule_broken_at(context, "/gate_grant",
                              field_at(context->record, "gate_grant.record_id"),
                              "a grant of this action, to who acts, that has not expired");
    if (judgement->is_blocking && (judgement->verdict == ACTION_APPROVED ||
                                   judgement->verdict == ACTION_TOO_EARLY))
        return rule_broken(context, "/gate_grant", "nothing",
                           "a grant, as the contract has a gate that blocks here");
    return true;
}

/* O7 */
static bool check_overridden(const struct rule_context *context)
{
    if (!is_judged(context, ACTION_OVERRIDDEN))
        return true;
    return rule_broken(context, "/action", "an override in force", "an approval");
}

/* ---- manifests ---- */

static enum risk_level risk_of_manifest(const struct rule_context *context)
{
    enum risk_level own = risk_level_find(field_text(field_get(context->record, "risk")));
    struct node_demand demand;

    node_demand_get(&demand, context->facts, rule_tenant(context), rule_run(context),
                    (struct bytes){0});
    node_demand_cleanup(&demand);
    return demand.risk > own ? demand.risk : own;
}

/* A replay or a simulation does nothing that somebody would have to allow. */
static bool is_high_and_live(const struct rule_context *context)
{
    return field_is_text(field_get(context->record, "mode"), "live") &&
           risk_of_manifest(context) >= RISK_HIGH;
}

static bool is_approved(const struct rule_context *context, struct bytes node_id)
{
    struct approvals list = approvals_for_run(context->facts, rule_tenant(context),
                                              rule_run_id(context), node_id);
    struct approval_request request;

    return approvals_next(&list, &request);
}

/* At any time of the run, as far as the manifest and the run-start tell it. */
static bool is_overridden(const struct rule_context *context, struct bytes node_id)
{
    struct override_place place = {
        .facts = context->facts,
        .tenant = rule_tenant(context),
        .run_id = rule_run_id(context),
        .node_id = node_id,
        .run = rule_run(context),
    };
    struct override override;

    return override_excuses(&place, field_uint(field_get(context->record, "started_at_ms"), 0),
                            field_uint(field_get(context->record, "ended_at_ms"), 0), &override);
}

/* M8 */
static bool check_run_approved(const struct rule_context *context)
{
    if (!is_high_and_live(context) || is_approved(context, (struct bytes){0}) ||
        is_overridden(context, (struct bytes){0}))
        return true;
    return rule_broken_at(context, "/approvals", field_get(context->record, "approvals"),
                          "an approval of the run or of what it did");
}

/* M8 */
static bool check_run_overridden(const struct rule_context *context)
{
    if (!is_high_and_live(context) || is_approved(context, (struct bytes){0}) ||
        !is_overridden(context, (struct bytes){0}))
        return true;
    return rule_broken_at(context, "/overrides", field_get(context->record, "overrides"),
                          "an approval instead of an override");
}

static bool is_grave(const struct rule_context *context, const struct field *degradation)
{
    enum risk_level risk =
        risk_level_find(field_text(field_get(degradation, "resulting_risk")));
    struct node_demand demand;

    if (risk >= RISK_HIGH)
        return true;
    node_demand_get(&demand, context->facts, rule_tenant(context), rule_run(context),
                    field_text(field_get(degradation, "node_id")));
    node_demand_cleanup(&demand);
    return demand.is_blocking;
}

static bool is_degradation_approved(const struct rule_context *context,
                                    const struct field *degradation)
{
    const struct field *reference = field_get(degradation, "approval");
    struct bytes node_id = field_text(field_get(degradation, "node_id"));
    struct approval_request request;

    if (reference == NULL)
        return is_approved(context, node_id) || is_overridden(context, node_id);
    return approval_resolve(context, reference, &request) &&
           request.state == APPROVAL_APPROVED &&
           bytes_equal(request.run_id, rule_run_id(context));
}

/* M10 */
static bool check_degradations(const struct rule_context *context)
{
    const struct field *degradations = field_get(context->record, "degradations");

    for (const struct field *degradation = field_first(degradations); degradation != NULL;
         degradation = field_next(degradations, degradation)) {
        if (!is_degradation_approved(context, degradation) && is_grave(context, degradation))
            return rule_broken_at(context, "/degradations", field_get(degradation, "node_id"),
                                  "an approval of what was degraded at this node");
    }
    return true;
}

/* ---- what an action uses up ---- */

static void apply_event(const struct rule_context *context)
{
    const struct action_judgement *judgement = rule_action_judgement(context);
    struct bytes record_id = field_bytes(field_get(context->record, "record_id"));
    struct gate_grant grant;

    if (judgement->verdict == ACTION_APPROVED || judgement->verdict == ACTION_TOO_EARLY)
        approval_use(context->facts, rule_tenant(context), &judgement->request, record_id);
    if (judgement->verdict != ACTION_GRANTED && judgement->grant.record_id.len == 0)
        return;
    if (judgement->verdict == ACTION_GRANTED || judgement->verdict == ACTION_OVERRIDDEN) {
        grant = judgement->grant;
        grant.used_by = record_id;
        gate_grant_put(context->facts, rule_tenant(context), &grant);
    }
}

#define EVENT TYPE_BIT(RECORD_EXECUTION_EVENT)
#define MANIFEST TYPE_BIT(RECORD_RUN_MANIFEST)

const struct rule rules_action[] = {
    {"EX4", "unapproved-action", RULE_FLAGS, EVENT, check_unapproved,
     "An action of high risk, one that cannot be undone here, or one behind a gate that blocks, was"
     " approved before."},
    {"EX4", "approval-after-action", RULE_FLAGS, EVENT, check_too_early,
     "An action was approved before it happened, not only before it was reported."},
    {"EX4", "approval-reused", RULE_FLAGS, EVENT, check_reused,
     "An approval, or a grant, allows one action."},
    {"EX4", "no-grant", RULE_FLAGS, EVENT, check_grant,
     "An action that names a grant has one, and so has every action behind a gate that blocks."},
    {"O7", "overridden", RULE_FLAGS, EVENT, check_overridden,
     "An action that needs an approval rests on one, and not on an override."},
    {"M8", "unapproved-run", RULE_FLAGS, MANIFEST, check_run_approved,
     "In a live run of high risk somebody approved the run or what it did."},
    {"M8", "overridden", RULE_FLAGS, MANIFEST, check_run_overridden,
     "A live run of high risk rests on an approval, and not on an override."},
    {"M10", "degraded-unapproved", RULE_FLAGS, MANIFEST, check_degradations,
     "What was degraded behind a gate that blocks, or to a high risk, was approved."},
};
const size_t rules_action_count = sizeof(rules_action) / sizeof(rules_action[0]);

const struct effect effects_action[] = {
    {EVENT, apply_event},
};
const size_t effects_action_count = sizeof(effects_action) / sizeof(effects_action[0]);
