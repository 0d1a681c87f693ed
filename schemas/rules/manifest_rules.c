/*
 * The rules that compare a run's manifest with what was logged before: M1, M4 to M6, M12, M15, M16,
 * and PO11 for the approvals that policies asked for. Approvals (M8, M10) are with theirs. A run is
 * a fact, so they flag.
 */
#include "schemas/rules/families.h"

#include <inttypes.h>
#include <stdlib.h>

#include "schemas/rules/manifest_view.h"
#include "schemas/rules/run_checks.h"
#include "schemas/rules/run_decisions.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_lists.h"
#include "schemas/rules/run_workflow.h"

enum { MANIFEST = TYPE_BIT(RECORD_RUN_MANIFEST) };

static const struct field *member(const struct rule_context *context, const char *path)
{
    return field_at(context->record, path);
}

static bool check_first(const struct rule_context *context)
{
    if (!run_is_closed(rule_run(context)))
        return true;
    return rule_broken_at(context, "/run_id", member(context, "run_id"),
                          "a run without a manifest so far");
}

/* ---- M4: models ---- */

/* The number of a model by provider, name and version, added if it is new and may be. */
static uint32_t model_number(struct name_table *models, struct buf *name,
                             const struct field *model, bool may_add)
{
    static const char *const parts[] = {"provider", "name", "version"};

    buf_clear(name);
    for (size_t i = 0; i < 3; i++) {
        buf_append_bytes(name, field_text(field_get(model, parts[i])));
        buf_append_byte(name, ' '); /* no id holds one */
    }
    return may_add ? name_table_add(models, bytes_of_buf(name), NULL)
                   : name_table_find(models, bytes_of_buf(name));
}

struct model_check {
    struct name_table listed;
    struct name_table used;
    struct buf name;
};

/* The first model that a node used and the manifest does not list; NULL when there is none. */
static const struct field *find_unlisted(const struct manifest_view *view,
                                         struct model_check *check)
{
    static const char *const members[] = {"model_call.request_model",
                                          "model_call.response_model"};

    for (size_t i = 0; i < 2 * view->node_names.count; i++) {
        const struct field *model = field_at(view->nodes[i / 2].map, members[i % 2]);

        if (model == NULL)
            continue;
        if (model_number(&check->listed, &check->name, model, false) == NAME_NONE)
            return model;
        model_number(&check->used, &check->name, model, true);
    }
    return NULL;
}

static bool compare_models(const struct rule_context *context, const struct manifest_view *view,
                           struct model_check *check)
{
    const struct field *models = member(context, "models");
    const struct field *unlisted;

    for (const struct field *model = field_first(models); model != NULL;
         model = field_next(models, model))
        model_number(&check->listed, &check->name, model, true);
    unlisted = find_unlisted(view, check);
    if (unlisted != NULL)
        return rule_broken_at(context, "/models", field_get(unlisted, "name"),
                              "listed, as each model that a node asked or was answered by");
    return check->used.count == check->listed.count ||
           rule_broken_at(context, "/models", models, "%zu: those that nodes used",
                          check->used.count);
}

static bool check_models(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);
    struct model_check check = {0};
    bool holds;

    if (view == NULL)
        return true;
    holds = compare_models(context, view, &check);
    name_table_cleanup(&check.listed);
    name_table_cleanup(&check.used);
    buf_cleanup(&check.name);
    return holds;
}

/* ---- M5: the tally ---- */

static bool check_digest(const struct rule_context *context, const char *path,
                         const struct field *digest, const struct hash *admitted)
{
    if (bytes_equal(field_bytes(digest), hash_bytes(admitted)))
        return true;
    return rule_broken_at(context, path, digest,
                          "the digest over what was admitted: one record more or less is there");
}

static bool check_events(const struct rule_context *context)
{
    const struct field *count = member(context, "tally.event_count");
    struct hash digest;

    if (field_uint(count, 0) != rule_run(context)->event_count)
        return rule_broken_at(context, "/tally/event_count", count, "%" PRIu64 ", as admitted",
                              rule_run(context)->event_count);
    if (!rule_run_events_digest(context, &digest))
        return rule_broken_at(context, "/tally/event_count", count, "at most %d", RUN_EVENTS_MAX);
    return check_digest(context, "/tally/events_digest", member(context, "tally.events_digest"),
                        &digest);
}

static bool check_evaluations(const struct rule_context *context)
{
    const struct field *count = member(context, "tally.evaluation_count");
    struct hash digest;

    if (field_uint(count, 0) != rule_run(context)->evaluation_count)
        return rule_broken_at(context, "/tally/evaluation_count", count,
                              "%" PRIu64 ", as admitted", rule_run(context)->evaluation_count);
    if (!rule_run_evaluations_digest(context, &digest))
        return rule_broken_at(context, "/tally/evaluation_count", count, "at most %d",
                              RUN_EVALUATIONS_MAX);
    return check_digest(context, "/tally/evaluations_digest",
                        member(context, "tally.evaluations_digest"), &digest);
}

static bool check_tally(const struct rule_context *context)
{
    return run_is_closed(rule_run(context)) ||
           (check_events(context) && check_evaluations(context));
}

/* ---- M6: policies ---- */

static bool check_policies(const struct rule_context *context)
{
    const struct field *required = field_get(rule_contract(context), "required_policies");

    if (!manifest_has_delivered(context))
        return true;
    for (const struct field *policy = field_first(required); policy != NULL;
         policy = field_next(required, policy)) {
        if (name_table_find(&rule_run_decisions(context)->policies, field_text(policy)) ==
            NAME_NONE)
            return rule_broken_at(context, "/policies", policy,
                                  "evaluated in the run, as the contract requires");
    }
    return true;
}

/* PO11, the other half: what a policy routes to approval, somebody was asked about. */
static bool check_routed(const struct rule_context *context)
{
    const struct run_decisions *decisions = rule_run_decisions(context);

    for (uint32_t i = 0; i < decisions->nodes.count; i++) {
        struct bytes node_id = name_table_at(&decisions->nodes, i);

        if ((decisions->node_bits[i] & NODE_ROUTED) != 0 &&
            !rule_run_was_requested(context, node_id))
            return rule_broken(context, "/approvals", "a decision to route to approval",
                               "a request for approval for this node or the whole run");
    }
    return true;
}

/* ---- M12, M15, M16 ---- */

static bool check_drift(const struct rule_context *context)
{
    if (rule_manifest(context) == NULL || !rule_workflow_drifted(context))
        return true;
    return rule_broken_at(context, "/workflow/content/digest",
                          member(context, "workflow.content.digest"),
                          "the digest of the version that was published");
}

static bool check_run_times(const struct rule_context *context)
{
    const struct field *started = member(context, "started_at_ms");
    const struct field *ended = member(context, "ended_at_ms");
    const struct run *run = rule_run(context);

    if (run_is_started(run) && field_uint(started, 0) < run->started_at_ms)
        return rule_broken_at(context, "/started_at_ms", started,
                              "%" PRIu64 " or later, when the run-start occurred",
                              run->started_at_ms);
    if (field_uint(ended, 0) < field_uint(started, 0))
        return rule_broken_at(context, "/ended_at_ms", ended, "started_at_ms or later");
    return true;
}

static bool check_times(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);
    uint64_t begin_ms = field_uint(member(context, "started_at_ms"), 0);
    uint64_t end_ms = field_uint(member(context, "ended_at_ms"), UINT64_MAX);

    if (view == NULL)
        return true;
    if (!check_run_times(context))
        return false;
    for (size_t i = 0; i < view->node_names.count; i++) {
        uint64_t started_ms = field_uint(field_get(view->nodes[i].map, "started_at_ms"), 0);
        uint64_t ended_ms = field_uint(field_get(view->nodes[i].map, "ended_at_ms"), 0);

        if (started_ms < begin_ms || ended_ms < started_ms || end_ms < ended_ms)
            return manifest_view_broken(context, &view->nodes[i], "/started_at_ms",
                                        "a start and then an end within the run");
    }
    return true;
}

/* The roles that one agent may not join, as bits. */
static unsigned agent_role_bit(const struct field *role)
{
    return field_is_text(role, "analyst")    ? 1
           : field_is_text(role, "reviewer") ? 2
           : field_is_text(role, "executor") ? 4
                                             : 0;
}

/* Whether each agent has one of these roles at most: a table says which it had first. */
static const struct view_node *find_joined_roles(const struct manifest_view *view,
                                                 struct name_table *agents, unsigned *first_role)
{
    for (size_t i = 0; i < view->node_names.count; i++) {
        const struct view_node *node = &view->nodes[i];
        const struct field *agent = field_get(node->map, "agent_id");
        unsigned role = agent_role_bit(field_get(node->map, "agent_role"));
        bool is_new = false;
        uint32_t number;

        if (role == 0 || agent == NULL)
            continue;
        number = name_table_add(agents, field_text(agent), &is_new);
        if (is_new)
            first_role[number] = role;
        else if (first_role[number] != role)
            return node;
    }
    return NULL;
}

static bool check_agent_duties(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);
    const struct view_node *joined;
    struct name_table agents = {0};
    unsigned *first_role;

    if (view == NULL || risk_level_find(field_text(member(context, "risk"))) < RISK_HIGH)
        return true;
    first_role = mem_alloc_array(view->node_names.count, sizeof(*first_role));
    joined = find_joined_roles(view, &agents, first_role);
    name_table_cleanup(&agents);
    free(first_role);
    return joined == NULL ||
           manifest_view_broken(context, joined, "/agent_id",
                                "another agent than in its other role");
}

const struct rule rules_manifest[] = {
    {"M1", "already-closed", RULE_FLAGS, MANIFEST, check_first, "A run has one manifest."},
    {"M4", "model-set-mismatch", RULE_FLAGS, MANIFEST, check_models,
     "The manifest lists the models that its nodes asked or were answered by, and no others."},
    {"M5", "tally-mismatch", RULE_FLAGS, MANIFEST, check_tally,
     "The manifest counts the events and evaluations that were admitted, with their digests."},
    {"M6", "policy-not-evaluated", RULE_FLAGS, MANIFEST, check_policies,
     "Each policy that the contract requires was evaluated in a run that delivered."},
    {"PO11", "request-missing", RULE_FLAGS, MANIFEST, check_routed,
     "Where a policy routed to approval, one was requested before the manifest."},
    {"M12", "workflow-drift", RULE_FLAGS, MANIFEST, check_drift,
     "The manifest's workflow has the digest that its version was published with."},
    {"M15", "time-order", RULE_FLAGS, MANIFEST, check_times,
     "A run starts, then its nodes start and end, then it ends."},
    {"M16", "agent-sod", RULE_FLAGS, MANIFEST, check_agent_duties,
     "At high risk no agent is two of analyst, reviewer and executor."},
};
const size_t rules_manifest_count = sizeof(rules_manifest) / sizeof(rules_manifest[0]);
