/* The rules that tie what was done to who allowed it: EX4, M8, M10 and the label of O7. What was
 * done is a fact and enters, flagged: the gate is what says no. */
#include "schemas/rules/families.h"

#include <inttypes.h>

#include "schemas/rules/action_judgement.h"
#include "schemas/rules/approval_lists.h"
#include "schemas/rules/approval_place.h"
#include "schemas/rules/override_facts.h"
#include "schemas/rules/run_checks.h"

enum { DEGRADATIONS_MAX = 256 }; /* of a manifest, that M10 looks at */

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
    if ((judgement->verdict == ACTION_APPROVED || judgement->verdict == ACTION_TOO_EARLY) &&
        judgement->is_blocking)
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

/* The run of the record, or a node of it. */
struct scope {
    const struct rule_context *context;
    struct node_demand demand;
    struct approval_place place;
};

/* Begins with the run as a whole. Cleaned up by scope_cleanup. */
static void scope_get(struct scope *out, const struct rule_context *context)
{
    struct bytes tenant = rule_tenant(context);
    const struct run *run = rule_run(context);

    out->context = context;
    node_demand_get(&out->demand, context->facts, tenant, run, (struct bytes){0});
    out->place = (struct approval_place){
        .facts = context->facts,
        .tenant = tenant,
        .run_id = rule_run_id(context),
        .index = context->statement->index,
        .run = run,
        .demand = &out->demand,
    };
}

static void scope_move(struct scope *scope, struct bytes node_id)
{
    node_demand_move(&scope->demand, scope->place.run, node_id);
    scope->place.node_id = node_id;
}

static void scope_cleanup(struct scope *scope)
{
    node_demand_cleanup(&scope->demand);
}

static bool serves(const struct scope *scope, const struct approval_request *request)
{
    return request->state == APPROVAL_APPROVED && approval_is_here(&scope->place, request) &&
           approval_serves(&scope->place, request);
}

static bool is_approved(const struct scope *scope)
{
    const struct approval_place *place = &scope->place;
    struct approvals list =
        approvals_for_run(place->facts, place->tenant, place->run_id, place->node_id);
    struct approval_request request;

    while (approvals_next(&list, &request)) {
        if (serves(scope, &request))
            return true;
    }
    return false;
}

/* At any time of the run, as the manifest tells it. */
static bool is_overridden(const struct scope *scope)
{
    const struct field *record = scope->context->record;
    struct override_place place = {
        .facts = scope->place.facts,
        .tenant = scope->place.tenant,
        .run_id = scope->place.run_id,
        .node_id = scope->place.node_id,
        .run = scope->place.run,
    };
    struct override override;

    return override_excuses(&place, field_uint(field_get(record, "started_at_ms"), 0),
                            field_uint(field_get(record, "ended_at_ms"), 0), &override);
}

enum manifest_verdict { RUN_ALLOWED, RUN_ONLY_OVERRIDDEN, RUN_UNAPPROVED };

/* A replay or a simulation does nothing that somebody would have to allow, and a run that was stopped
 * nothing more: what it did before was judged event by event. */
static enum manifest_verdict judge_manifest(const struct rule_context *context)
{
    enum risk_level own = risk_level_find(field_text(field_get(context->record, "risk")));
    enum manifest_verdict verdict = RUN_ALLOWED;
    struct scope scope;

    if (!field_is_text(field_get(context->record, "mode"), "live") ||
        manifest_was_stopped(context))
        return RUN_ALLOWED;
    scope_get(&scope, context);
    if ((own >= RISK_HIGH || scope.demand.risk >= RISK_HIGH) && !is_approved(&scope))
        verdict = is_overridden(&scope) ? RUN_ONLY_OVERRIDDEN : RUN_UNAPPROVED;
    scope_cleanup(&scope);
    return verdict;
}

/* M8 */
static bool check_run_approved(const struct rule_context *context)
{
    if (judge_manifest(context) != RUN_UNAPPROVED)
        return true;
    return rule_broken_at(context, "/approvals", field_get(context->record, "approvals"),
                          "an approval of the run or of what it did");
}

/* M8 */
static bool check_run_overridden(const struct rule_context *context)
{
    if (judge_manifest(context) != RUN_ONLY_OVERRIDDEN)
        return true;
    return rule_broken_at(context, "/overrides", field_get(context->record, "overrides"),
                          "an approval instead of an override");
}

static bool is_degradation_allowed(struct scope *scope, const struct field *degradation)
{
    const struct field *reference = field_get(degradation, "approval");
    const struct field *risk = field_get(degradation, "resulting_risk");
    struct approval_request request;

    scope_move(scope, field_text(field_get(degradation, "node_id")));
    if (risk_level_find(field_text(risk)) < RISK_HIGH && !scope->demand.is_blocking)
        return true;
    if (reference == NULL)
        return is_approved(scope) || is_overridden(scope);
    return approval_resolve(scope->context, reference, &request) &&
           bytes_equal(request.run_id, scope->place.run_id) && serves(scope, &request);
}

/* M10. Of very many degradations the first are looked at, and the next is taken for unapproved. */
static bool check_degradations(const struct rule_context *context)
{
    const struct field *degradations = field_get(context->record, "degradations");
    const struct field *degradation = field_first(degradations);
    unsigned count = 0;
    struct scope scope;

    if (degradation == NULL)
        return true;
    scope_get(&scope, context);
    while (degradation != NULL && count++ < DEGRADATIONS_MAX &&
           is_degradation_allowed(&scope, degradation))
        degradation = field_next(degradations, degradation);
    scope_cleanup(&scope);
    if (degradation == NULL)
        return true;
    return rule_broken_at(context, "/degradations", field_get(degradation, "node_id"),
                          "an approval of what was degraded at this node");
}

/* ---- what an action uses up ---- */

static void use_grant(const struct rule_context *context, struct bytes record_id)
{
    struct gate_grant grant = rule_action_judgement(context)->grant;

    grant.used_by = record_id;
    gate_grant_put(context->facts, rule_tenant(context), &grant);
}

static void apply_event(const struct rule_context *context)
{
    const struct action_judgement *judgement = rule_action_judgement(context);
    struct bytes record_id = field_bytes(field_get(context->record, "record_id"));

    if (judgement->verdict == ACTION_APPROVED || judgement->verdict == ACTION_TOO_EARLY)
        approval_use(context->facts, rule_tenant(context), &judgement->request, record_id);
    else if (judgement->verdict == ACTION_GRANTED ||
             (judgement->verdict == ACTION_OVERRIDDEN && judgement->grant.record_id.len > 0))
        use_grant(context, record_id);
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
     "In a live run of high risk that was not stopped somebody approved it or what it did."},
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
