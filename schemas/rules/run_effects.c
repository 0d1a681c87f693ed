/* What the records of runs leave behind for later rules: run_facts.h and run_lists.h. */
#include "schemas/rules/families.h"

#include "schemas/rules/request_record.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_lists.h"

static struct bytes text_at(const struct rule_context *context, const char *path)
{
    return field_text(field_at(context->record, path));
}

static uint64_t snapshot_bits(const struct field *snapshot)
{
    static const struct {
        const char *member;
        uint64_t bit;
    } members[] = {
        {"container_image", RUN_HAS_IMAGE},    {"endpoints", RUN_HAS_ENDPOINTS},
        {"gateway", RUN_HAS_ENDPOINTS},        {"dependencies", RUN_HAS_DEPENDENCIES},
        {"prompts", RUN_HAS_PROMPTS},          {"corpora", RUN_HAS_CORPORA},
    };
    uint64_t bits = 0;

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (field_get(snapshot, members[i].member) != NULL)
            bits |= members[i].bit;
    }
    return bits;
}

/* What run-start and manifest both say. */
static void take_whole_run(struct run *run, const struct rule_context *context)
{
    run->issuer = context->statement->issuer;
    run->kid = context->statement->kid;
    run->environment = text_at(context, "environment");
    run->risk = risk_level_find(text_at(context, "risk"));
    run->mode = run_mode_find(text_at(context, "mode"));
    run->workflow_id = text_at(context, "workflow.id");
    run->workflow_version = text_at(context, "workflow.version");
    run->workflow_digest = field_bytes(field_at(context->record, "workflow.content.digest"));
    run->side_effect_key = text_at(context, "side_effect_key");
}

static void apply_run_start(const struct rule_context *context)
{
    struct run run = *rule_run(context);

    if (run.bits != 0)
        return; /* the first run-start counts, and none after the manifest */
    take_whole_run(&run, context);
    run.bits =
        RUN_HAS_START | snapshot_bits(field_get(context->record, "environment_snapshot"));
    run.start_index = context->statement->index;
    run.started_at_ms = field_uint(field_get(context->record, "occurred_at_ms"), 0);
    run.triggered_by = text_at(context, "trigger.triggered_by");
    rule_run_put(context, &run);
}

/* start, then anything, then one end; what stands alone ends it at once. */
static enum attempt_state next_state(struct bytes event, enum attempt_state state)
{
    static const char *const endings[] = {"end", "skip", "fail", "timeout", "cancel", "kill"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (bytes_equal_text(event, endings[i]))
            return ATTEMPT_ENDED;
    }
    return state == ATTEMPT_NONE && bytes_equal_text(event, "start") ? ATTEMPT_STARTED : state;
}

static void apply_attempt(const struct rule_context *context)
{
    enum attempt_state before = rule_attempt_state(context);
    enum attempt_state after = next_state(text_at(context, "event"), before);

    if (after != before)
        rule_attempt_put(context, after);
}

static void apply_side_effect(const struct rule_context *context)
{
    struct bytes side_effect_key = text_at(context, "side_effect_key");
    enum run_mode mode = rule_run(context)->mode;

    if (side_effect_key.len > 0 && (mode == RUN_LIVE || mode == RUN_MODE_UNKNOWN) &&
        bytes_equal_text(text_at(context, "event"), "side-effect"))
        rule_event_side_effect_put(context, side_effect_key);
}

static void apply_event(const struct rule_context *context)
{
    struct run run = *rule_run(context);

    apply_attempt(context);
    apply_side_effect(context);
    rule_run_event_put(context, run.event_count++);
    if (field_get(context->record, "degradation") != NULL ||
        bytes_equal_text(text_at(context, "event"), "fallback"))
        run.has_fallback = true;
    rule_run_put_counts(context, &run);
}

static void apply_evaluation(const struct rule_context *context)
{
    struct run run = *rule_run(context);

    rule_run_evaluation_put(context, run.evaluation_count++);
    rule_run_put_counts(context, &run);
}

static void put_artifacts(const struct rule_context *context)
{
    const struct field *artifacts = field_get(context->record, "artifacts");

    for (const struct field *artifact = field_first(artifacts); artifact != NULL;
         artifact = field_next(artifacts, artifact))
        rule_run_artifact_put(context, artifact);
}

static void apply_part(const struct rule_context *context)
{
    struct run run = *rule_run(context);

    if (run_is_closed(&run))
        return;
    put_artifacts(context);
    rule_run_part_put(context, run.part_count++);
    rule_run_put_counts(context, &run);
}

static void apply_manifest(const struct rule_context *context)
{
    struct run run = *rule_run(context);

    if (run_is_closed(&run))
        return;
    put_artifacts(context);
    for (uint64_t n = 0; n < run.part_count && n < RUN_PARTS_MAX; n++)
        rule_run_part_forget(context, n);
    if (!run_is_started(&run)) {
        take_whole_run(&run, context);
        run.started_at_ms = field_uint(field_get(context->record, "started_at_ms"), 0);
    }
    if (run.side_effect_key.len == 0)
        run.side_effect_key = text_at(context, "side_effect_key");
    run.bits |= RUN_HAS_MANIFEST;
    run.status = run_status_find(text_at(context, "status"));
    run.manifest_index = context->statement->index;
    run.ended_at_ms = field_uint(field_get(context->record, "ended_at_ms"), 0);
    if (run.mode == RUN_LIVE && run.status == RUN_SUCCESS && run.side_effect_key.len > 0)
        rule_run_side_effect_put(context, run.side_effect_key);
    rule_run_put(context, &run);
}

static void apply_request(const struct rule_context *context)
{
    const struct field *evaluation = field_at(context->record, "policy_evaluation.record_digest");
    struct bytes run_id = request_run_id(context);

    if (run_id.len == 0)
        return;
    rule_run_request_put(context, run_id, text_at(context, "subject.node_id"));
    if (evaluation != NULL)
        rule_run_request_put(context, run_id, field_bytes(evaluation));
}

const struct effect effects_run[] = {
    {TYPE_BIT(RECORD_APPROVAL_REQUEST), apply_request},
    {TYPE_BIT(RECORD_RUN_START), apply_run_start},
    {TYPE_BIT(RECORD_EXECUTION_EVENT), apply_event},
    {TYPE_BIT(RECORD_POLICY_EVALUATION), apply_evaluation},
    {TYPE_BIT(RECORD_MANIFEST_PART), apply_part},
    {TYPE_BIT(RECORD_RUN_MANIFEST), apply_manifest},
};
const size_t effects_run_count = sizeof(effects_run) / sizeof(effects_run[0]);
