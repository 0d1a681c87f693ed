#include "schemas/run/run_members.h"

#include <stdio.h>
#include <string.h>

#include "schemas/run/run_document.h"

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
    "node_id", "kind", "agent_id", "agent_role", "implementation", "approvals", "policy",
    "clause_id", "risk", "attempt_count", "score_bp", "explanation", "condition", "human_step",
    NULL};
const char *const run_names_last_event[] = {
    "policy", "clause_id", "score_bp", "error", "degradation", "action", "approval", "gate_grant",
    "override", "side_effect_key", NULL};
const char *const run_names_start[] = {
    "trigger", "risk", "mode", "parent_run", "original_run_id", "side_effect_key",
    "environment_snapshot", "deadline_at_ms", NULL};
const char *const run_names_manifest[] = {
    "risk", "mode", "environment_snapshot", "side_effect_key", "original_run_id", NULL};
const char *const run_names_header[] = {"workflow", "environment", "labels", "controls",
                                        "trace_id", NULL};

/* What is read, beyond what is copied. */
static const char *const own_document[] = {
    "tenant", "run_id", "actor", "started_at_ms", "ended_at_ms", "status", "nodes", "artifacts",
    "approvals", "overrides", "degradations", "result", NULL};
static const char *const own_node[] = {
    "status", "started_at_ms", "ended_at_ms", "inputs", "outputs", "model_call", "tool_call",
    "evaluation", "evaluations", NULL};
static const char *const own_call[] = {"request_model", "response_model", "operation_name",
                                       "input", "output", NULL};
static const char *const own_artifact[] = {"artifact_id", "kind", "provenance", "content", "tags",
                                           NULL};
static const char *const own_port[] = {"artifact_id", "content", "tags", "fields", NULL};
static const char *const own_evaluation[] = {"input", "output", NULL};
static const char *const nothing[] = {NULL};

/* One kind of map in a document: where members come from, and which must be there. */
struct part {
    const char *is;
    run_names lists[4];
    const char *needed[6];
};

static const struct part part_document = {
    "run document",
    {own_document, run_names_start, run_names_header, nothing},
    {"workflow", "environment", "trigger", "risk", "mode", "nodes"}};
static const struct part part_node = {
    "node", {own_node, run_names_node, run_names_last_event, nothing}, {"node_id", "kind"}};
static const struct part part_model_call = {
    "model call", {own_call, run_names_model_call, nothing, nothing}, {"request_model"}};
static const struct part part_tool_call = {
    "tool call", {own_call, run_names_tool_call, nothing, nothing}, {"name", "version"}};
static const struct part part_evaluation = {
    "evaluation",
    {own_evaluation, run_names_evaluation, nothing, nothing},
    {"policy", "decision", "remedy"}};
static const struct part part_artifact = {
    "artifact", {own_artifact, run_names_artifact, nothing, nothing}, {"artifact_id"}};
static const struct part part_port = {
    "port", {own_port, nothing, nothing, nothing}, {"artifact_id"}};

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

static bool refuse(struct problem *problem, const char *path, const char *name, size_t name_len,
                   const char *have, const char *want)
{
    char full[sizeof(problem->path)];

    snprintf(full, sizeof(full), "%s%s%.*s", path, name_len > 0 ? "/" : "", (int)name_len, name);
    problem_set(problem, PROBLEM_RECORD, "The run document is not complete and exact.");
    return problem_add(problem, full[0] == 0 ? "/" : full, have, want);
}

static bool check_part(const struct field *map, const struct part *part, const char *path,
                       struct problem *problem)
{
    char want[96];

    if (map->type != DCBOR_MAP) {
        snprintf(want, sizeof(want), "a map that describes one %s", part->is);
        return refuse(problem, path, "", 0, NULL, want);
    }
    for (size_t i = 0; i < sizeof(part->needed) / sizeof(part->needed[0]); i++) {
        if (part->needed[i] != NULL && field_get(map, part->needed[i]) == NULL) {
            snprintf(want, sizeof(want), "a member that every %s has", part->is);
            return refuse(problem, path, part->needed[i], strlen(part->needed[i]), "nothing",
                          want);
        }
    }
    for (const struct field *member = field_first(map); member != NULL;
         member = field_next(map, member)) {
        if (!is_known(part, member->key)) {
            snprintf(want, sizeof(want), "no member that a %s does not have", part->is);
            return refuse(problem, path, (const char *)member->key.data, member->key.len,
                          "an unknown member", want);
        }
    }
    return true;
}

/* Every item of the array under name is such a part; a missing array is an empty one. */
static bool check_items(const struct field *map, const char *name, const struct part *part,
                        const char *path, struct problem *problem)
{
    const struct field *array = field_get(map, name);
    char item_path[128];
    size_t number = 0;

    if (array == NULL)
        return true;
    if (array->type != DCBOR_ARRAY)
        return refuse(problem, path, name, strlen(name), NULL, "an array");
    for (const struct field *item = field_first(array); item != NULL;
         item = field_next(array, item)) {
        snprintf(item_path, sizeof(item_path), "%s/%s/%zu", path, name, number++);
        if (!check_part(item, part, item_path, problem))
            return false;
    }
    return true;
}

static bool check_member(const struct field *map, const char *name, const struct part *part,
                         const char *path, struct problem *problem)
{
    const struct field *member = field_get(map, name);
    char member_path[128];

    snprintf(member_path, sizeof(member_path), "%s/%s", path, name);
    return member == NULL || check_part(member, part, member_path, problem);
}

static bool check_node(const struct field *node, const char *path, struct problem *problem)
{
    return check_part(node, &part_node, path, problem) &&
           check_items(node, "inputs", &part_port, path, problem) &&
           check_items(node, "outputs", &part_port, path, problem) &&
           check_items(node, "evaluations", &part_evaluation, path, problem) &&
           check_member(node, "evaluation", &part_evaluation, path, problem) &&
           check_member(node, "model_call", &part_model_call, path, problem) &&
           check_member(node, "tool_call", &part_tool_call, path, problem);
}

bool run_members_check(const struct field *root, struct problem *problem)
{
    const struct field *nodes = field_get(root, "nodes");
    char path[64];
    size_t number = 0;

    if (!check_part(root, &part_document, "", problem) ||
        !check_items(root, "artifacts", &part_artifact, "", problem))
        return false;
    if (nodes->type != DCBOR_ARRAY || field_count(nodes) == 0 ||
        field_count(nodes) > RUN_NODES_MAX)
        return refuse(problem, "", "nodes", 5, NULL, "an array of 1 to 4096 nodes");
    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        snprintf(path, sizeof(path), "/nodes/%zu", number++);
        if (!check_node(node, path, problem))
            return false;
    }
    return true;
}
