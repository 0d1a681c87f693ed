/* The rules for run-start records: RU1 to RU7. All of a run's records are facts, so all but one of
 * these flag: a replay of a run that is nowhere is a claim about that run. */
#include "schemas/rules/families.h"

#include <stdio.h>

#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_workflow.h"
#include "schemas/rules/version_facts.h"

static const struct field *member(const struct rule_context *context, const char *path)
{
    return field_at(context->record, path);
}

static bool check_run_exists(const struct rule_context *context)
{
    if (rule_run(context)->bits == 0)
        return true;
    return rule_broken_at(context, "/run_id", member(context, "run_id"),
                          "a run without run-start and manifest so far");
}

static bool check_published(const struct rule_context *context)
{
    const struct field *workflow = member(context, "workflow");
    struct version_fact version;

    if (!rule_is_live_production(context) ||
        (version_get_workflow(context, workflow, &version) && version_is_published(&version)))
        return true;
    return rule_broken_at(context, "/workflow/version", field_get(workflow, "version"),
                          "a version published for production");
}

static bool check_drift(const struct rule_context *context)
{
    if (!rule_is_live_production(context) || !rule_workflow_drifted(context))
        return true;
    return rule_broken_at(context, "/workflow/content/digest",
                          member(context, "workflow.content.digest"),
                          "the digest of the version that was published");
}

static bool check_side_effect(const struct rule_context *context)
{
    const struct field *key = member(context, "side_effect_key");
    struct bytes run_id;

    if (key == NULL || !field_is_text(member(context, "mode"), "live") ||
        !rule_run_side_effect(context, field_text(key), &run_id) ||
        bytes_equal(run_id, rule_run_id(context)))
        return true;
    return rule_broken_at(context, "/side_effect_key", key,
                          "a key that no successful live run of this workflow used");
}

static bool is_other_known_run(const struct rule_context *context, const struct field *run_id)
{
    struct run ignored;

    return !bytes_equal(field_bytes(run_id), rule_run_id(context)) &&
           run_get(context->facts, rule_tenant(context), field_bytes(run_id), &ignored);
}

static bool check_parent(const struct rule_context *context)
{
    const struct field *parent = member(context, "parent_run.run_id");

    if (parent == NULL || is_other_known_run(context, parent))
        return true;
    return rule_broken_at(context, "/parent_run/run_id", parent, "another run known to the log");
}

static bool is_repeat(const struct rule_context *context)
{
    enum run_mode mode = run_mode_find(field_text(member(context, "mode")));

    return mode == RUN_REPLAY || mode == RUN_SIMULATE;
}

static bool check_original(const struct rule_context *context)
{
    const struct field *original = member(context, "original_run_id");

    if (!is_repeat(context) || is_other_known_run(context, original))
        return true;
    return rule_broken_at(context, "/original_run_id", original, "another run known to the log");
}

static bool has_scope(const struct rule_context *context, const char *scope)
{
    struct principal who;

    return rule_principal(context, field_text(member(context, "trigger.triggered_by")), &who) &&
           principal_has_scope(&who, bytes_of_text(scope));
}

static bool check_replay(const struct rule_context *context)
{
    if (!is_repeat(context) || has_scope(context, "replay"))
        return true;
    return rule_broken_at(context, "/trigger/triggered_by", member(context, "trigger.triggered_by"),
                          "somebody with the scope replay");
}

/* The scope "trigger" is for every workflow, "trigger:ID" for one. */
static bool check_trigger(const struct rule_context *context)
{
    struct bytes workflow = field_text(member(context, "workflow.id"));
    char scope[256];

    snprintf(scope, sizeof(scope), "trigger:%.*s", (int)workflow.len, (const char *)workflow.data);
    if (is_repeat(context) || has_scope(context, "trigger") || has_scope(context, scope))
        return true;
    return rule_broken_at(context, "/trigger/triggered_by", member(context, "trigger.triggered_by"),
                          "somebody with the scope %s", scope);
}

static bool check_risk(const struct rule_context *context)
{
    const struct field *contract = rule_contract(context);
    enum risk_level promised = risk_level_find(field_text(field_get(contract, "risk")));
    const struct field *risk = member(context, "risk");

    if (risk_level_find(field_text(risk)) >= promised)
        return true;
    return rule_broken_at(context, "/risk", risk, "%s or above, as in the contract",
                          risk_level_name(promised));
}

enum { START = TYPE_BIT(RECORD_RUN_START), MANIFEST = TYPE_BIT(RECORD_RUN_MANIFEST) };

const struct rule rules_run[] = {
    {"RU1", "run-exists", RULE_FLAGS, START, check_run_exists,
     "A run begins once, before its manifest."},
    {"RU2", "unpublished-workflow", RULE_FLAGS, START, check_published,
     "A live run in production uses a published version of its workflow."},
    {"RU2", "workflow-drift", RULE_FLAGS, START, check_drift,
     "A live run in production gives the digest that its workflow version was published with."},
    {"RU3", "duplicate-side-effect", RULE_FLAGS, START | MANIFEST, check_side_effect,
     "No successful live run of the same workflow used this side-effect key."},
    {"RU4", "parent-unknown", RULE_FLAGS, START, check_parent,
     "The parent run has records in the log."},
    {"RU4", "of-unknown", RULE_REFUSES_IN_STRICT, START, check_original,
     "A replay or simulation names the run it repeats, which has records in the log."},
    {"RU5", "replay-unauthorised", RULE_FLAGS, START, check_replay,
     "Who triggers a replay or simulation has the scope replay."},
    {"RU6", "trigger-not-granted", RULE_FLAGS, START, check_trigger,
     "Who triggers a run has the scope trigger, or trigger: and the workflow's id."},
    {"RU7", "risk-downgraded", RULE_FLAGS, START, check_risk,
     "A run has at least the risk that its workflow's contract names."},
};
const size_t rules_run_count = sizeof(rules_run) / sizeof(rules_run[0]);
