/* The rules for the steps of a run: EX1 to EX3, EX5, EX7, EX8 and EX10; model_rules.c has those for
 * calls of models. Events are facts: all of these flag. */
#include "schemas/rules/families.h"

#include "schemas/rules/run_checks.h"
#include "schemas/rules/run_facts.h"

enum {
    EVENT = TYPE_BIT(RECORD_EXECUTION_EVENT),
    PART = TYPE_BIT(RECORD_MANIFEST_PART),
    MANIFEST = TYPE_BIT(RECORD_RUN_MANIFEST),
    SCOPES_MAX = 64, /* an agent may claim at once: bounds the work */
};

static const struct field *member(const struct rule_context *context, const char *path)
{
    return field_at(context->record, path);
}

/* Whether the record is one of these events; names ends with NULL. */
static bool is_event(const struct rule_context *context, const char *const *names)
{
    const struct field *event = field_get(context->record, "event");

    for (; *names != NULL; names++) {
        if (field_is_text(event, *names))
            return true;
    }
    return false;
}

static bool is(const struct rule_context *context, const char *name)
{
    return field_is_text(field_get(context->record, "event"), name);
}

/* "retry" and "fallback" speak of what comes next and may stand anywhere. What was never begun can
 * be skipped or cancelled. */
static bool check_order(const struct rule_context *context)
{
    static const char *const anywhere[] = {"retry", "fallback", NULL};
    static const char *const first[] = {"start", "skip", "cancel", NULL};
    enum attempt_state state = rule_attempt_state(context);
    bool holds = state == ATTEMPT_NONE ? is_event(context, first)
                                       : state == ATTEMPT_STARTED && !is(context, "start");

    if (holds || is_event(context, anywhere))
        return true;
    return rule_broken_at(context, "/event", member(context, "event"),
                          state == ATTEMPT_NONE      ? "start, before all else of this attempt"
                          : state == ATTEMPT_STARTED ? "one start for an attempt"
                                                     : "nothing more of an attempt that ended");
}

static bool check_fallback(const struct rule_context *context)
{
    if (!is(context, "fallback") || member(context, "degradation") != NULL)
        return true;
    return rule_broken_at(context, "/degradation", NULL, "what was replaced, and why");
}

static bool check_effect_key(const struct rule_context *context)
{
    if (!is(context, "side-effect") || member(context, "side_effect_key") != NULL)
        return true;
    return rule_broken_at(context, "/side_effect_key", NULL,
                          "the key by which the outside knows a repetition");
}

/* The same node of the same run may try again with its key: that is what the key is for. */
static bool check_effect_reuse(const struct rule_context *context)
{
    const struct field *key = member(context, "side_effect_key");
    enum run_mode mode = rule_run(context)->mode;
    struct bytes run_id;
    struct bytes node_id;

    if (key == NULL || !is(context, "side-effect") ||
        (mode != RUN_LIVE && mode != RUN_MODE_UNKNOWN) ||
        !rule_event_side_effect(context, field_text(key), &run_id, &node_id) ||
        (bytes_equal(run_id, rule_run_id(context)) &&
         bytes_equal(node_id, field_text(member(context, "node_id")))))
        return true;
    return rule_broken_at(context, "/side_effect_key", key,
                          "a key that no other node or run of this workflow used");
}

/* The first scope that the agent claims and was not granted; NULL when there is none. */
static const struct field *find_excess(const struct field *scopes, const struct principal *agent)
{
    for (const struct field *scope = field_first(scopes); scope != NULL;
         scope = field_next(scopes, scope)) {
        if (!principal_has_scope(agent, field_text(scope)))
            return scope;
    }
    return NULL;
}

static bool check_claimed_scopes(const struct rule_context *context, const struct principal *agent)
{
    const struct field *scopes = member(context, "actor.scopes");
    const struct field *excess;

    if (field_count(scopes) > SCOPES_MAX)
        return rule_broken_at(context, "/actor/scopes", scopes, "at most %d", SCOPES_MAX);
    excess = find_excess(scopes, agent);
    return excess == NULL ||
           rule_broken_at(context, "/actor/scopes", excess, "scopes the agent was granted");
}

/* An agent acts within what it claims, and claims no more than it was granted. */
static bool check_scopes(const struct rule_context *context)
{
    const struct field *operation = member(context, "action.operation");
    const struct field *scopes = member(context, "actor.scopes");
    struct principal agent;

    if (!field_is_text(member(context, "actor.kind"), "agent") ||
        (operation == NULL && scopes == NULL))
        return true;
    if (!rule_principal(context, field_text(member(context, "actor.id")), &agent))
        return rule_broken_at(context, "/actor/id", member(context, "actor.id"),
                              "an agent that was registered");
    if (!check_claimed_scopes(context, &agent))
        return false;
    if (operation == NULL ||
        (scopes == NULL ? principal_has_scope(&agent, field_text(operation))
                        : field_list_has(scopes, field_text(operation))))
        return true;
    return rule_broken_at(context, "/action/operation", operation, "an operation in its scopes");
}

/* A graph's conditions are not in the log: a policy's clause stands for the one that was met. */
static bool check_skip(const struct rule_context *context)
{
    if (!is(context, "skip") || member(context, "policy_evaluation") != NULL ||
        member(context, "override") != NULL || member(context, "clause_id") != NULL)
        return true;
    return rule_broken_at(context, "/policy_evaluation", NULL,
                          "the evaluation, override or clause that led around this node");
}

const struct rule rules_event[] = {
    {"EX1", "no-run-start", RULE_FLAGS, EVENT | PART | MANIFEST, rule_check_run_started,
     "A run's events and its manifest come after its run-start."},
    {"EX1", "after-close", RULE_FLAGS, EVENT | PART, rule_check_run_open,
     "Nothing of a run comes after its manifest."},
    {"EX2", "node-not-in-dag", RULE_FLAGS, EVENT, rule_check_planned_node,
     "A run's nodes are those of its workflow version's graph."},
    {"EX3", "event-order", RULE_FLAGS, EVENT, check_order,
     "An attempt of a node begins with one start, and nothing of it comes after its end."},
    {"EX5", "degradation-unlabelled", RULE_FLAGS, EVENT, check_fallback,
     "A fallback says what was replaced, and why."},
    {"EX7", "key-missing", RULE_FLAGS, EVENT, check_effect_key,
     "A side effect has a key by which a repetition is known."},
    {"EX7", "duplicate-side-effect", RULE_FLAGS, EVENT, check_effect_reuse,
     "In live runs of a workflow one node of one run uses a side-effect key."},
    {"EX8", "scope-exceeded", RULE_FLAGS, EVENT, check_scopes,
     "An agent acts within its scopes, which are among those it was granted."},
    {"EX10", "unexplained-skip", RULE_FLAGS, EVENT, check_skip,
     "A node that is skipped says which evaluation, override or clause led around it."},
};
const size_t rules_event_count = sizeof(rules_event) / sizeof(rules_event[0]);
