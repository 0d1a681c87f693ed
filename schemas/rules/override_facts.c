#include "schemas/rules/override_facts.h"

#include "schemas/rules/fact_value.h"
#include "schemas/rules/families.h"
#include "schemas/rules/record_facts.h"

enum { OVERRIDE_VALUES = 12, RECORD_ID_LEN = 16 };

static const char *const kind_names[] = {
    [OVERRIDE_BREAK_GLASS] = "break-glass",     [OVERRIDE_SKIP_STEP] = "skip-step",
    [OVERRIDE_POLICY_BYPASS] = "policy-bypass", [OVERRIDE_EDIT_OUTPUT] = "edit-output",
    [OVERRIDE_KILL_SWITCH] = "kill-switch",     [OVERRIDE_FORCE_DEPLOY] = "force-deploy",
};

bool override_kind_excuses(enum override_kind kind)
{
    return kind != OVERRIDE_EDIT_OUTPUT && kind != OVERRIDE_KILL_SWITCH &&
           kind != OVERRIDE_KIND_COUNT;
}

/* ---- one override ---- */

static bool decode(struct override *out, struct bytes encoded)
{
    struct fact_value value = fact_value_open(encoded, OVERRIDE_VALUES);

    out->index = fact_value_uint(&value, UINT64_MAX);
    out->kind = (enum override_kind)fact_value_uint(&value, OVERRIDE_KIND_COUNT - 1);
    out->begins_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->expires_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->review_due_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->actor = fact_value_text(&value);
    out->second_actor = fact_value_text(&value);
    out->reviewer = fact_value_text(&value);
    out->run_id = fact_value_bytes(&value);
    out->node_id = fact_value_text(&value);
    out->has_incident = fact_value_uint(&value, 1) == 1;
    out->review = fact_value_bytes(&value);
    return fact_value_is_whole(&value);
}

bool override_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                  struct override *out)
{
    struct fact_key key = fact_key_two(FACT_OVERRIDE, tenant, record_id);
    struct bytes value;

    *out = (struct override){.record_id = record_id};
    if (!facts_get(facts, &key, &value))
        return false;
    return decode(out, value) || facts_fail(facts, "override");
}

static void put(struct facts *facts, struct bytes tenant, const struct override *override)
{
    struct fact_key key = fact_key_two(FACT_OVERRIDE, tenant, override->record_id);
    struct buf value = {0};

    dcbor_put_array(&value, OVERRIDE_VALUES);
    dcbor_put_uint(&value, override->index);
    dcbor_put_uint(&value, override->kind);
    dcbor_put_uint(&value, override->begins_at_ms);
    dcbor_put_uint(&value, override->expires_at_ms);
    dcbor_put_uint(&value, override->review_due_at_ms);
    dcbor_put_text(&value, override->actor);
    dcbor_put_text(&value, override->second_actor);
    dcbor_put_text(&value, override->reviewer);
    dcbor_put_bytes(&value, override->run_id);
    dcbor_put_text(&value, override->node_id);
    dcbor_put_uint(&value, override->has_incident ? 1 : 0);
    dcbor_put_bytes(&value, override->review);
    facts_put(facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

bool override_of_review(const struct rule_context *context, struct override *out)
{
    const struct field *reference = field_get(context->record, "override");
    struct record_fact record;

    *out = (struct override){0};
    return record_fact_resolve(context, reference, TYPE_BIT(RECORD_OVERRIDE), &record) &&
           override_get(context->facts, rule_tenant(context),
                        field_bytes(field_get(reference, "record_id")), out);
}

struct bytes override_run_id(const struct rule_context *context)
{
    const struct field *run_id = field_at(context->record, "subject.run_id");

    return run_id == NULL ? rule_run_id(context) : field_bytes(run_id);
}

/* ---- lists: record ids one after the other, newest first ---- */

static struct fact_key run_list(struct bytes tenant, bool is_stop, struct bytes run_id)
{
    return fact_key_three(FACT_OVERRIDE_LIST, tenant,
                          bytes_of_text(is_stop ? "stop-run" : "run"), run_id);
}

static struct fact_key version_list(struct bytes tenant, bool is_stop, struct bytes id,
                                    struct bytes version)
{
    return fact_key_of(FACT_OVERRIDE_LIST,
                       (const struct bytes[]){tenant,
                                              bytes_of_text(is_stop ? "stop-version" : "version"),
                                              id, version},
                       4);
}

static struct bytes list_get(struct facts *facts, const struct fact_key *key)
{
    struct bytes list = {0};

    facts_get(facts, key, &list);
    if (list.len % RECORD_ID_LEN == 0)
        return list;
    facts_fail(facts, "list of overrides");
    return (struct bytes){0};
}

/* Keeps one more than is looked at, to show that there were more. */
static void list_add(struct facts *facts, const struct fact_key *key, struct bytes record_id)
{
    struct bytes before = list_get(facts, key);
    size_t kept_max = OVERRIDES_MAX * RECORD_ID_LEN;
    struct buf value = {0};

    buf_append_bytes(&value, record_id);
    buf_append_bytes(&value,
                     bytes_slice(before, 0, before.len < kept_max ? before.len : kept_max));
    facts_put(facts, key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

static bool covers(const struct override *override, const struct override_place *place)
{
    return place->node_id.len == 0 || override->node_id.len == 0 ||
           bytes_equal(override->node_id, place->node_id);
}

/* The newest in the list that covers the place and was in force at some time of the interval. */
static bool find_in(const struct override_place *place, struct bytes list, uint64_t begin_ms,
                    uint64_t end_ms, struct override *out)
{
    for (size_t at = 0; at < list.len && at < OVERRIDES_MAX * RECORD_ID_LEN;
         at += RECORD_ID_LEN) {
        if (!override_get(place->facts, place->tenant,
                          bytes_slice(list, at, at + RECORD_ID_LEN), out))
            return facts_fail(place->facts, "an override in a list");
        if (covers(out, place) && out->begins_at_ms <= end_ms && begin_ms < out->expires_at_ms)
            return true;
    }
    return false;
}

bool override_excuses(const struct override_place *place, uint64_t begin_ms, uint64_t end_ms,
                      struct override *out)
{
    struct fact_key of_run = run_list(place->tenant, false, place->run_id);
    struct fact_key of_version = version_list(place->tenant, false, place->run->workflow_id,
                                              place->run->workflow_version);

    return find_in(place, list_get(place->facts, &of_run), begin_ms, end_ms, out) ||
           find_in(place, list_get(place->facts, &of_version), begin_ms, end_ms, out);
}

static bool stops_by(const struct override_place *place, const struct fact_key *key,
                     uint64_t at_ms, struct override *out)
{
    struct bytes list = list_get(place->facts, key);

    if (list.len > OVERRIDES_MAX * RECORD_ID_LEN)
        return override_get(place->facts, place->tenant, bytes_slice(list, 0, RECORD_ID_LEN),
                            out);
    return find_in(place, list, at_ms, at_ms, out);
}

bool override_stops(const struct override_place *place, uint64_t at_ms, struct override *out)
{
    struct fact_key of_run = run_list(place->tenant, true, place->run_id);
    struct fact_key of_version = version_list(place->tenant, true, place->run->workflow_id,
                                              place->run->workflow_version);

    return stops_by(place, &of_run, at_ms, out) || stops_by(place, &of_version, at_ms, out);
}

/* ---- effects ---- */

static enum override_kind kind_of(const struct field *field)
{
    enum override_kind kind = 0;

    while (kind < OVERRIDE_KIND_COUNT && !field_is_text(field, kind_names[kind]))
        kind++;
    return kind;
}

static void list_override(const struct rule_context *context, const struct override *override)
{
    bool is_stop = override->kind == OVERRIDE_KILL_SWITCH;
    const struct field *object = field_at(context->record, "subject.object");
    struct bytes tenant = rule_tenant(context);
    struct fact_key key;

    if (!is_stop && !override_kind_excuses(override->kind))
        return;
    if (override->run_id.len > 0)
        key = run_list(tenant, is_stop, override->run_id);
    else if (object != NULL)
        key = version_list(tenant, is_stop, field_text(field_get(object, "id")),
                           field_text(field_get(object, "version")));
    else
        return;
    list_add(context->facts, &key, override->record_id);
}

static void apply_override(const struct rule_context *context)
{
    const struct field *record = context->record;
    struct override override = {
        .record_id = field_bytes(field_get(record, "record_id")),
        .index = context->statement->index,
        .kind = kind_of(field_get(record, "kind")),
        .begins_at_ms = field_uint(field_get(record, "occurred_at_ms"), 0),
        .expires_at_ms = field_uint(field_get(record, "expires_at_ms"), 0),
        .review_due_at_ms = field_uint(field_get(record, "review_due_at_ms"), 0),
        .actor = field_text(field_at(record, "actor.id")),
        .second_actor = field_text(field_at(record, "second_actor.id")),
        .reviewer = field_text(field_get(record, "reviewer")),
        .run_id = override_run_id(context),
        .node_id = field_text(field_at(record, "subject.node_id")),
        .has_incident = field_get(record, "incident") != NULL,
    };

    if (override.kind == OVERRIDE_KIND_COUNT)
        return;
    put(context->facts, rule_tenant(context), &override);
    list_override(context, &override);
}

static void apply_review(const struct rule_context *context)
{
    struct override override;

    if (!override_of_review(context, &override))
        return;
    override.review = field_bytes(field_get(context->record, "record_id"));
    put(context->facts, rule_tenant(context), &override);
}

const struct effect effects_override[] = {
    {TYPE_BIT(RECORD_OVERRIDE), apply_override},
    {TYPE_BIT(RECORD_OVERRIDE_REVIEW), apply_review},
};
const size_t effects_override_count = sizeof(effects_override) / sizeof(effects_override[0]);
