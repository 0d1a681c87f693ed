/* The rules for what a manifest has to say of its run: M9, M11, M13 and M14. A run is a fact, so
 * they flag. */
#include "schemas/rules/families.h"

#include <stdlib.h>

#include "schemas/rules/manifest_view.h"
#include "schemas/rules/run_checks.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_workflow.h"

enum { MANIFEST = TYPE_BIT(RECORD_RUN_MANIFEST) };

static const struct field *member(const struct rule_context *context, const char *path)
{
    return field_at(context->record, path);
}

static bool is_any(const struct field *field, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (field_is_text(field, *words))
            return true;
    }
    return false;
}

/* ---- M9: degradations ---- */

/* A skip that names its reason is a branch of the flow. */
static bool is_degraded(const struct view_node *node)
{
    static const char *const statuses[] = {"fallback", "failed", NULL};
    const struct field *status = field_get(node->map, "status");

    return is_any(status, statuses) || (field_is_text(status, "skipped") &&
                                        field_get(node->map, "condition") == NULL &&
                                        field_get(node->map, "policy_evaluations") == NULL);
}

static bool takes_invalid(const struct manifest_view *view, const struct view_node *node)
{
    const struct field *inputs = field_get(node->map, "inputs");

    for (const struct field *port = field_first(inputs); port != NULL;
         port = field_next(inputs, port)) {
        uint32_t number =
            name_table_find(&view->artifact_names, field_text(field_get(port, "artifact_id")));

        if (number != NAME_NONE &&
            field_is_text(field_get(view->artifacts[number].map, "validation_status"), "failed"))
            return true;
    }
    return false;
}

static bool check_degraded(const struct rule_context *context)
{
    static const char want[] = "degradations that say what was replaced, dropped or skipped";
    const struct field *degradations = member(context, "degradations");
    const struct manifest_view *view = rule_manifest(context);

    if (view == NULL || !manifest_has_delivered(context) ||
        field_count(degradations) > 0)
        return true;
    if (rule_run(context)->has_fallback)
        return rule_broken_at(context, "/degradations", degradations, "%s", want);
    for (size_t i = 0; i < view->node_names.count; i++) {
        if (is_degraded(&view->nodes[i]) || takes_invalid(view, &view->nodes[i]))
            return manifest_view_broken(context, &view->nodes[i], "/status", want);
    }
    return true;
}

/* ---- M11: results ---- */

static bool check_result(const struct rule_context *context)
{
    static const char *const judging[] = {"recommendation", "classification", "decision", "action",
                                          NULL};
    static const char *const members[] = {"score_bp", "explanation", "evidence_artifact_ids",
                                          "rules_applied", "schema"};
    const struct field *result = member(context, "result");

    if (!is_any(field_get(result, "kind"), judging))
        return true;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (field_get(result, members[i]) == NULL)
            return rule_broken_at(context, "/result", NULL, "%s", members[i]);
    }
    return field_is_true(field_get(result, "schema_valid")) ||
           rule_broken_at(context, "/result/schema_valid", field_get(result, "schema_valid"),
                          "true");
}

/* ---- M13: the environment ---- */

static bool has_node_of_kind(const struct manifest_view *view, const char *kind)
{
    for (size_t i = 0; i < view->node_names.count; i++) {
        if (field_is_text(field_get(view->nodes[i].map, "kind"), kind))
            return true;
    }
    return false;
}

/* A model node whose call is not told is taken for one with a prompt. */
static bool uses_prompts(const struct manifest_view *view)
{
    for (size_t i = 0; i < view->node_names.count; i++) {
        const struct field *call = field_get(view->nodes[i].map, "model_call");

        if (field_is_text(field_get(view->nodes[i].map, "kind"), "model") &&
            (call == NULL || model_call_takes_prompt(call)))
            return true;
    }
    return false;
}

/* One thing a snapshot holds, in the manifest or the run-start. */
struct snapshot_member {
    const char *name;
    const char *or_name; /* does as well; or NULL */
    enum run_bit bit;
    bool is_of_prompts; /* wanted where a model node is given a prompt */
};

static bool has_member(const struct rule_context *context, const struct snapshot_member *wanted)
{
    const struct field *snapshot = member(context, "environment_snapshot");

    return (rule_run(context)->bits & wanted->bit) != 0 ||
           field_get(snapshot, wanted->name) != NULL ||
           (wanted->or_name != NULL && field_get(snapshot, wanted->or_name) != NULL);
}

static bool check_environment(const struct rule_context *context)
{
    static const struct snapshot_member wanted[] = {
        {"container_image", NULL, RUN_HAS_IMAGE, false},
        {"endpoints", "gateway", RUN_HAS_ENDPOINTS, false},
        {"dependencies", NULL, RUN_HAS_DEPENDENCIES, false},
        {"prompts", NULL, RUN_HAS_PROMPTS, true},
    };
    const struct manifest_view *view = rule_manifest(context);

    if (view == NULL || !rule_is_live_production(context) ||
        risk_level_find(field_text(member(context, "risk"))) < RISK_MEDIUM)
        return true;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (!has_member(context, &wanted[i]) &&
            (!wanted[i].is_of_prompts || uses_prompts(view)))
            return rule_broken_at(context, "/environment_snapshot", NULL, "%s", wanted[i].name);
    }
    return true;
}

static bool check_corpora(const struct rule_context *context)
{
    static const struct snapshot_member wanted = {"corpora", NULL, RUN_HAS_CORPORA, false};
    const struct manifest_view *view = rule_manifest(context);

    if (view == NULL || !has_node_of_kind(view, "retrieval") || has_member(context, &wanted))
        return true;
    return rule_broken_at(context, "/environment_snapshot/corpora", NULL,
                          "the corpora that retrieval nodes read, with their index builds");
}

/* ---- M14: stale sources ---- */

/* The number of the contract's inputs that have a maximum age, by artifact_id. */
static void list_ages(const struct field *contract, struct name_table *names, uint64_t *ages_s)
{
    const struct field *inputs = field_get(contract, "expected_inputs");

    for (const struct field *input = field_first(inputs); input != NULL;
         input = field_next(inputs, input)) {
        uint32_t number =
            name_table_add(names, field_text(field_get(input, "artifact_id")), NULL);

        if (number != NAME_NONE)
            ages_s[number] = field_uint(field_get(input, "maximum_age_s"), UINT64_MAX);
    }
}

static bool is_stale(const struct rule_context *context, const struct field *artifact,
                     uint64_t maximum_age_s)
{
    uint64_t started_ms = field_uint(member(context, "started_at_ms"), 0);
    uint64_t fresh_ms = field_uint(field_get(artifact, "fresh_at_ms"), started_ms);

    return fresh_ms < started_ms && (started_ms - fresh_ms) / 1000 > maximum_age_s;
}

static bool is_unsound(const struct field *artifact)
{
    const struct field *status = field_get(artifact, "validation_status");

    return status != NULL && !field_is_text(status, "ok");
}

static const struct field *find_stale(const struct rule_context *context,
                                      const struct manifest_view *view)
{
    const struct field *contract = rule_contract(context);
    uint64_t *ages_s = mem_alloc_array(
        field_count(field_get(contract, "expected_inputs")), sizeof(*ages_s));
    const struct field *found = NULL;
    struct name_table names = {0};

    list_ages(contract, &names, ages_s);
    for (uint32_t i = 0; i < view->artifact_names.count && found == NULL; i++) {
        const struct field *artifact = view->artifacts[i].map;
        uint32_t number = name_table_find(&names, name_table_at(&view->artifact_names, i));

        if (is_unsound(artifact) ||
            (number != NAME_NONE && is_stale(context, artifact, ages_s[number])))
            found = artifact;
    }
    name_table_cleanup(&names);
    free(ages_s);
    return found;
}

static bool is_labelled(const struct rule_context *context)
{
    static const char *const kinds[] = {"source-stale", "source-dropped", "validation-skipped",
                                        NULL};
    static const char *const stopped[] = {"failed", "blocked", "cancelled", NULL};
    const struct field *degradations = member(context, "degradations");

    for (const struct field *item = field_first(degradations); item != NULL;
         item = field_next(degradations, item)) {
        if (is_any(field_get(item, "kind"), kinds))
            return true;
    }
    return is_any(member(context, "status"), stopped);
}

static bool check_fresh(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);
    const struct field *artifact;

    if (view == NULL || is_labelled(context))
        return true;
    artifact = find_stale(context, view);
    return artifact == NULL ||
           rule_broken_at(context, "/artifacts", field_get(artifact, "artifact_id"),
                          "fresh and valid, or a degradation that says otherwise");
}

const struct rule rules_disclosure[] = {
    {"M9", "degradation-unlabelled", RULE_FLAGS, MANIFEST, check_degraded,
     "A run that went on after something failed, was skipped or replaced says so."},
    {"M11", "result-incomplete", RULE_FLAGS, MANIFEST, check_result,
     "A result that judges has a score, an explanation, evidence, rules, and a schema it meets."},
    {"M13", "env-missing", RULE_FLAGS, MANIFEST, check_environment,
     "A live run in production of medium risk or more says what it ran on."},
    {"M13", "corpus-unpinned", RULE_FLAGS, MANIFEST, check_corpora,
     "A run that retrieves says from which build of which corpus."},
    {"M14", "stale-source-unlabelled", RULE_FLAGS, MANIFEST, check_fresh,
     "A source that is older than the contract allows, or not valid, is named as a degradation."},
};
const size_t rules_disclosure_count = sizeof(rules_disclosure) / sizeof(rules_disclosure[0]);
