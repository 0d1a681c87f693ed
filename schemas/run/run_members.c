#include "schemas/run/run_members.h"

#include <stdio.h>
#include <string.h>

#include "schemas/run/run_document.h"
#include "schemas/run/run_problem.h"

const char *const run_names_evaluation[] = {
    "policy", "decision", "remedy", "clause_id", "approval_request", "findings", "destination",
    "region", "score_bp", "decision_id", "erased", "masked", "nd_builtin_cache", "engine",
    "duration_us", NULL};
const char *const run_names_model_call[] = {
    "prompt", "seed", "temperature_milli", "top_p_milli", "max_tokens", "input_tokens",
    "output_tokens", "finish_reasons", "request_id", "response_id", "attempt_count", "gateway",
    NULL};
const char *const run_names_tool_call[] = {"name", "version", "call_id", "response_version",
                                           "reversibility", NULL};
const char *const run_names_artifact[] = {
    "prior_artifact", "namespace", "name", "version", "fresh_at_ms", "validation_status", "region",
    "destination", "domain", "data_subject_keys", NULL};
const char *const run_names_node[] = {
    "node_id", "kind", "agent_id", "agent_role", "implementation", "policy", "clause_id", "risk",
    "attempt_count", "score_bp", "explanation", "condition", "human_step", NULL};
const char *const run_names_action_event[] = {"action", "approval", "gate_grant", "override", NULL};
const char *const run_names_last_event[] = {"policy", "clause_id", "score_bp", "error",
                                            "duration_ms", NULL};
const char *const run_names_degradation[] = {"kind", "planned", "reason", "replaced",
                                             "replacement", "resulting_risk", "approval", NULL};
const char *const run_names_start[] = {
    "trigger", "risk", "mode", "parent_run", "original_run_id", "side_effect_key",
    "environment_snapshot", "deadline_at_ms", NULL};
const char *const run_names_manifest[] = {
    "risk", "mode", "environment_snapshot", "side_effect_key", "original_run_id",
    "evidence_bundle", NULL};
const char *const run_names_result[] = {
    "kind", "schema", "schema_valid", "score_bp", "evidence_artifact_ids", "rules_applied",
    "explanation", "acceptance", "redacted", NULL};
const char *const run_names_header[] = {"workflow", "environment", "labels", "controls",
                                        "trace_id", NULL};

/* What is read, beyond what is copied. */
static const char *const own_document[] = {
    "tenant", "run_id", "actor", "started_at_ms", "ended_at_ms", "status", "nodes", "artifacts",
    "approvals", "overrides", "degradations", "result", NULL};
static const char *const own_node[] = {
    "status", "started_at_ms", "ended_at_ms", "inputs", "outputs", "model_call", "tool_call",
    "evaluation", "evaluations", "approvals", "degradation", "side_effect_key", "actor", NULL};
static const char *const own_model_call[] = {"request_model", "response_model", "operation_name",
                                             "input", "output", NULL};
static const char *const own_tool_call[] = {"input", "output", NULL};
static const char *const own_artifact[] = {"artifact_id", "kind", "provenance", "content", "tags",
                                           NULL};
static const char *const own_port[] = {"artifact_id", "content", "tags", "fields", NULL};
static const char *const own_evaluation[] = {"input", "output", NULL};
static const char *const own_degradation[] = {"node_id", NULL};
static const char *const own_result[] = {"artifact_id", "content", NULL};
static const char *const nothing[] = {NULL};

/* One kind of map in a document: where members come from, and which must be there. */
struct part {
    const char *is;
    run_names lists[4];
    const char *needed[6];
};

static const struct part part_document = {
    "run document",
    {own_document, run_names_start, run_names_manifest, run_names_header},
    {"workflow", "environment", "trigger", "risk", "mode", "nodes"}};
static const struct part part_node = {
    "node",
    {own_node, run_names_node, run_names_last_event, run_names_action_event},
    {"node_id", "kind"}};
static const struct part part_model_call = {
    "model call", {own_model_call, run_names_model_call, nothing, nothing}, {"request_model"}};
static const struct part part_tool_call = {
    "tool call", {own_tool_call, run_names_tool_call, nothing, nothing}, {"name", "version"}};
static const struct part part_evaluation = {
    "evaluation",
    {own_evaluation, run_names_evaluation, nothing, nothing},
    {"policy", "decision", "remedy"}};
static const struct part part_artifact = {
    "artifact", {own_artifact, run_names_artifact, nothing, nothing}, {"artifact_id"}};
static const struct part part_port = {
    "port", {own_port, nothing, nothing, nothing}, {"artifact_id"}};
static const struct part part_degradation = {
    "degradation",
    {own_degradation, run_names_degradation, nothing, nothing},
    {"kind", "planned", "reason"}};
static const struct part part_result = {
    "result", {own_result, run_names_result, nothing, nothing}, {"kind"}};

struct check {
    struct bytes document;
    struct problem *problem;
};

void run_names_put(struct record_maker *maker, const struct field *from, run_names names)
{
    for (; *names != NULL; names++)
        record_maker_put_field(maker, *names, field_get(from, *names));
}

static bool is_known(const struct part *part, struct bytes name)
{
    for (size_t i = 0; i < sizeof(part->lists) / sizeof(part->lists[0]); i++) {
        for (run_names names = part->lists[i]; *names != NULL; names++) {
            if (bytes_equal_text(name, *names))
                return true;
        }
    }
    return false;
}

/* The names by which the parts of a document are tied together. */
static bool check_id(const struct check *check, const struct field *map, const char *name)
{
    const struct field *id = field_get(map, name);

    if (id == NULL || (id->type == DCBOR_TEXT && id->string.len >= 1 &&
                       id->string.len <= RUN_NAME_LEN_MAX))
        return true;
    return run_problem_set(check->problem, check->document, id, NULL, "a name of 1 to 200 bytes");
}

static bool check_part(const struct check *check, const struct field *map, const struct part *part)
{
    char want[96];

    if (map->type != DCBOR_MAP) {
        snprintf(want, sizeof(want), "an object that describes one %s", part->is);
        return run_problem_set(check->problem, check->document, map, NULL, want);
    }
    for (size_t i = 0; i < sizeof(part->needed) / sizeof(part->needed[0]); i++) {
        if (part->needed[i] != NULL && field_get(map, part->needed[i]) == NULL) {
            snprintf(want, sizeof(want), "a member that every %s has", part->is);
            return run_problem_set(check->problem, check->document, map, part->needed[i], want);
        }
    }
    for (const struct field *member = field_first(map); member != NULL;
         member = field_next(map, member)) {
        if (!is_known(part, member->key)) {
            snprintf(want, sizeof(want), "only members that a %s has", part->is);
            return run_problem_set(check->problem, check->document, member, NULL, want);
        }
    }
    return check_id(check, map, "node_id") && check_id(check, map, "artifact_id");
}

/* Defaults take the place of what is missing, never of what is wrong. */
static bool check_time(const struct check *check, const struct field *map, const char *name)
{
    const struct field *at_ms = field_get(map, name);

    return at_ms == NULL || at_ms->type == DCBOR_UINT ||
           run_problem_set(check->problem, check->document, at_ms, NULL,
                           "Unix time in milliseconds");
}

/* Every item of the array under name is such a part, NULL: anything; a missing array is empty. */
static bool check_items(const struct check *check, const struct field *map, const char *name,
                        const struct part *part)
{
    const struct field *array = field_get(map, name);

    if (array == NULL)
        return true;
    if (array->type != DCBOR_ARRAY)
        return run_problem_set(check->problem, check->document, array, NULL, "an array");
    for (const struct field *item = field_first(array); part != NULL && item != NULL;
         item = field_next(array, item)) {
        if (!check_part(check, item, part))
            return false;
    }
    return true;
}

static bool check_member(const struct check *check, const struct field *map, const char *name,
                         const struct part *part)
{
    const struct field *member = field_get(map, name);

    return member == NULL || check_part(check, member, part);
}

static bool check_node(const struct check *check, const struct field *node)
{
    return check_part(check, node, &part_node) && check_time(check, node, "started_at_ms") &&
           check_time(check, node, "ended_at_ms") &&
           check_items(check, node, "approvals", NULL) &&
           check_items(check, node, "inputs", &part_port) &&
           check_items(check, node, "outputs", &part_port) &&
           check_items(check, node, "evaluations", &part_evaluation) &&
           check_member(check, node, "evaluation", &part_evaluation) &&
           check_member(check, node, "model_call", &part_model_call) &&
           check_member(check, node, "tool_call", &part_tool_call) &&
           check_member(check, node, "degradation", &part_degradation);
}

static bool check_nodes(const struct check *check, const struct field *nodes)
{
    if (nodes->type != DCBOR_ARRAY || field_count(nodes) == 0)
        return run_problem_set(check->problem, check->document, nodes, NULL,
                               "an array of at least one node");
    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        if (!check_node(check, node))
            return false;
    }
    return true;
}

bool run_members_check(const struct field *root, bool tenant_is_known, struct problem *problem)
{
    struct check check = {.document = root->encoded, .problem = problem};

    if (!check_part(&check, root, &part_document) ||
        !check_time(&check, root, "started_at_ms") || !check_time(&check, root, "ended_at_ms") ||
        !check_items(&check, root, "approvals", NULL) ||
        !check_items(&check, root, "overrides", NULL) ||
        !check_items(&check, root, "artifacts", &part_artifact) ||
        !check_items(&check, root, "degradations", &part_degradation) ||
        !check_member(&check, root, "result", &part_result) ||
        !check_nodes(&check, field_get(root, "nodes")))
        return false;
    if (tenant_is_known || field_get(root, "tenant") != NULL)
        return true;
    return run_problem_set(problem, root->encoded, root, "tenant",
                           "the tenant that the run belongs to");
}
