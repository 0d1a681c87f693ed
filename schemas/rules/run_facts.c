#include "schemas/rules/run_facts.h"

#include "schemas/rules/fact_value.h"
#include "schemas/rules/rule_cache.h"

enum { RUN_ITEMS = 16, COUNTS_ITEMS = 4 };

static const char *const mode_names[RUN_MODE_COUNT] = {
    "unknown", "live", "shadow", "dry-run", "replay", "simulate",
};
static const char *const status_names[RUN_STATUS_COUNT] = {
    "open", "success", "failed", "blocked", "cancelled", "partial",
};

const char *run_mode_name(enum run_mode mode)
{
    CHECK(mode < RUN_MODE_COUNT);
    return mode_names[mode];
}

enum run_mode run_mode_find(struct bytes name)
{
    for (enum run_mode mode = RUN_LIVE; mode < RUN_MODE_COUNT; mode++) {
        if (bytes_equal_text(name, mode_names[mode]))
            return mode;
    }
    return RUN_MODE_UNKNOWN;
}

const char *run_status_name(enum run_status status)
{
    CHECK(status < RUN_STATUS_COUNT);
    return status_names[status];
}

enum run_status run_status_find(struct bytes name)
{
    for (enum run_status status = RUN_SUCCESS; status < RUN_STATUS_COUNT; status++) {
        if (bytes_equal_text(name, status_names[status]))
            return status;
    }
    return RUN_OPEN;
}

bool run_is_started(const struct run *run)
{
    return (run->bits & RUN_HAS_START) != 0;
}

bool run_is_closed(const struct run *run)
{
    return (run->bits & RUN_HAS_MANIFEST) != 0;
}

bool run_is_live_production(const struct run *run)
{
    return run->mode == RUN_LIVE && bytes_equal_text(run->environment, "production");
}

/* ---- reading a run ---- */

static bool decode_run(struct facts *facts, struct run *out, struct bytes encoded)
{
    struct fact_value value = fact_value_open(encoded, RUN_ITEMS);

    out->bits = fact_value_uint(&value, RUN_BITS_ALL);
    out->start_index = fact_value_uint(&value, UINT64_MAX);
    out->started_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->issuer = fact_value_text(&value);
    out->kid = fact_value_bytes(&value);
    out->environment = fact_value_text(&value);
    out->risk = (enum risk_level)fact_value_uint(&value, RISK_COUNT - 1);
    out->mode = (enum run_mode)fact_value_uint(&value, RUN_MODE_COUNT - 1);
    out->workflow_id = fact_value_text(&value);
    out->workflow_version = fact_value_text(&value);
    out->workflow_digest = fact_value_bytes(&value);
    out->triggered_by = fact_value_text(&value);
    out->side_effect_key = fact_value_text(&value);
    out->status = (enum run_status)fact_value_uint(&value, RUN_STATUS_COUNT - 1);
    out->manifest_index = fact_value_uint(&value, UINT64_MAX);
    out->ended_at_ms = fact_value_uint(&value, UINT64_MAX);
    return fact_value_is_whole(&value) || facts_fail(facts, "run");
}

static bool decode_counts(struct facts *facts, struct run *out, struct bytes encoded)
{
    struct fact_value value = fact_value_open(encoded, COUNTS_ITEMS);

    out->event_count = fact_value_uint(&value, UINT64_MAX);
    out->evaluation_count = fact_value_uint(&value, UINT64_MAX);
    out->part_count = fact_value_uint(&value, UINT64_MAX);
    out->has_fallback = fact_value_uint(&value, 1) == 1;
    return fact_value_is_whole(&value) || facts_fail(facts, "counts of a run");
}

static bool read_run(struct facts *facts, const struct fact_key *key, struct run *out)
{
    struct fact_key counts_key = fact_key_as(key, FACT_RUN_COUNTS);
    struct bytes run;
    struct bytes counts;
    bool has_run = facts_get(facts, key, &run);
    bool has_counts = facts_get(facts, &counts_key, &counts);

    *out = (struct run){0};
    if ((has_run && !decode_run(facts, out, run)) ||
        (has_counts && !decode_counts(facts, out, counts)))
        return false;
    return has_run || has_counts;
}

bool run_get(struct facts *facts, struct bytes tenant, struct bytes run_id, struct run *out)
{
    struct fact_key key = fact_key_two(FACT_RUN, tenant, run_id);

    return read_run(facts, &key, out);
}

/* ---- the record's run ---- */

static struct run_cache *fill(const struct rule_context *context)
{
    struct run_cache *cache = &context->cache->run;
    struct bytes tenant = rule_tenant(context);
    struct bytes run_id = rule_run_id(context);

    if (cache->is_filled && bytes_equal(cache->run_id, run_id) &&
        bytes_equal(cache->tenant, tenant))
        return cache;
    *cache = (struct run_cache){.is_filled = true, .tenant = tenant, .run_id = run_id};
    cache->key = fact_key_two(FACT_RUN, tenant, run_id);
    if (run_id.len > 0)
        read_run(context->facts, &cache->key, &cache->run);
    return cache;
}

const struct run *rule_run(const struct rule_context *context)
{
    return &fill(context)->run;
}

struct fact_key rule_run_key(const struct rule_context *context, enum fact_kind kind)
{
    return fact_key_as(&fill(context)->key, kind);
}

struct bytes rule_workflow_id(const struct rule_context *context)
{
    const struct field *workflow = field_get(context->record, "workflow");

    return workflow == NULL ? rule_run(context)->workflow_id
                            : field_text(field_get(workflow, "id"));
}

struct bytes rule_workflow_version(const struct rule_context *context)
{
    const struct field *workflow = field_get(context->record, "workflow");

    return workflow == NULL ? rule_run(context)->workflow_version
                            : field_text(field_get(workflow, "version"));
}

static struct buf *begin_value(const struct rule_context *context, uint64_t items)
{
    struct buf *out = rule_scratch(context);

    dcbor_put_array(out, items);
    return out;
}

void rule_run_put(const struct rule_context *context, const struct run *run)
{
    struct fact_key key = rule_run_key(context, FACT_RUN);
    struct buf *out = begin_value(context, RUN_ITEMS);

    dcbor_put_uint(out, run->bits);
    dcbor_put_uint(out, run->start_index);
    dcbor_put_uint(out, run->started_at_ms);
    dcbor_put_text(out, run->issuer);
    dcbor_put_bytes(out, run->kid);
    dcbor_put_text(out, run->environment);
    dcbor_put_uint(out, run->risk);
    dcbor_put_uint(out, run->mode);
    dcbor_put_text(out, run->workflow_id);
    dcbor_put_text(out, run->workflow_version);
    dcbor_put_bytes(out, run->workflow_digest);
    dcbor_put_text(out, run->triggered_by);
    dcbor_put_text(out, run->side_effect_key);
    dcbor_put_uint(out, run->status);
    dcbor_put_uint(out, run->manifest_index);
    dcbor_put_uint(out, run->ended_at_ms);
    facts_put(context->facts, &key, bytes_of_buf(out));
    context->cache->run.is_filled = false;
}

void rule_run_put_counts(const struct rule_context *context, const struct run *run)
{
    struct run_cache *cache = fill(context);
    struct fact_key key = fact_key_as(&cache->key, FACT_RUN_COUNTS);
    struct buf *out = begin_value(context, COUNTS_ITEMS);

    dcbor_put_uint(out, run->event_count);
    dcbor_put_uint(out, run->evaluation_count);
    dcbor_put_uint(out, run->part_count);
    dcbor_put_uint(out, run->has_fallback ? 1 : 0);
    facts_put(context->facts, &key, bytes_of_buf(out));
    cache->run.event_count = run->event_count;
    cache->run.evaluation_count = run->evaluation_count;
    cache->run.part_count = run->part_count;
    cache->run.has_fallback = run->has_fallback;
}

/* ---- attempts ---- */

static const struct fact_key *attempt_key(const struct rule_context *context)
{
    struct run_cache *cache = fill(context);
    struct fact_key node;

    if (cache->has_attempt_key)
        return &cache->attempt_key;
    node = fact_key_three(FACT_RUN_NODE, rule_tenant(context), rule_run_id(context),
                          field_text(field_get(context->record, "node_id")));
    cache->attempt_key =
        fact_key_item(&node, field_uint(field_get(context->record, "attempt"), 0));
    cache->has_attempt_key = true;
    return &cache->attempt_key;
}

enum attempt_state rule_attempt_state(const struct rule_context *context)
{
    struct bytes value;

    if (!facts_get(context->facts, attempt_key(context), &value))
        return ATTEMPT_NONE;
    if (value.len == 1 && value.data[0] <= ATTEMPT_ENDED)
        return (enum attempt_state)value.data[0];
    facts_fail(context->facts, "attempt of a node");
    return ATTEMPT_NONE;
}

void rule_attempt_put(const struct rule_context *context, enum attempt_state state)
{
    uint8_t value = (uint8_t)state;

    facts_put(context->facts, attempt_key(context), bytes_of(&value, 1));
}

/* ---- side effects ---- */

static struct fact_key effect_key(const struct rule_context *context, enum fact_kind kind,
                                  struct bytes side_effect_key)
{
    return fact_key_three(kind, rule_tenant(context), rule_workflow_id(context), side_effect_key);
}

bool rule_run_side_effect(const struct rule_context *context, struct bytes side_effect_key,
                          struct bytes *out_run_id)
{
    struct fact_key key = effect_key(context, FACT_RUN_SIDE_EFFECT, side_effect_key);

    return facts_get(context->facts, &key, out_run_id);
}

bool rule_event_side_effect(const struct rule_context *context, struct bytes side_effect_key,
                            struct bytes *out_run_id, struct bytes *out_node_id)
{
    struct fact_key key = effect_key(context, FACT_EVENT_SIDE_EFFECT, side_effect_key);
    struct fact_value value;
    struct bytes encoded;

    if (!facts_get(context->facts, &key, &encoded))
        return false;
    value = fact_value_open(encoded, 2);
    *out_run_id = fact_value_bytes(&value);
    *out_node_id = fact_value_text(&value);
    return fact_value_is_whole(&value) || facts_fail(context->facts, "side effect");
}

void rule_run_side_effect_put(const struct rule_context *context, struct bytes side_effect_key)
{
    struct fact_key key = effect_key(context, FACT_RUN_SIDE_EFFECT, side_effect_key);

    if (!facts_has(context->facts, &key))
        facts_put(context->facts, &key, rule_run_id(context));
}

void rule_event_side_effect_put(const struct rule_context *context, struct bytes side_effect_key)
{
    struct fact_key key = effect_key(context, FACT_EVENT_SIDE_EFFECT, side_effect_key);
    struct buf *out;

    if (facts_has(context->facts, &key))
        return;
    out = begin_value(context, 2);
    dcbor_put_bytes(out, rule_run_id(context));
    dcbor_put_text(out, field_text(field_get(context->record, "node_id")));
    facts_put(context->facts, &key, bytes_of_buf(out));
}
