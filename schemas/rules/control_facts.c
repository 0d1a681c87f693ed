#include "schemas/rules/control_facts.h"

#include "schemas/rules/families.h"
#include "schemas/rules/policy_facts.h"

bool control_is_mapped(const struct rule_context *context, struct bytes control_id)
{
    struct fact_key key = fact_key_two(FACT_CONTROL, rule_tenant(context), control_id);
    struct policy_place place = policy_place_of(context);
    uint64_t now_ms = context->statement->received_at_ms;
    struct policy_fact policy;
    struct dcbor_reader reader;
    struct err ignored = {0};
    struct bytes version;
    struct bytes value;
    struct bytes id;
    uint64_t count;

    if (!facts_get(context->facts, &key, &value))
        return false;
    reader = dcbor_reader_of(value);
    if (!dcbor_read_array(&reader, &count, &ignored) || count != 2 ||
        !dcbor_read_text(&reader, &id, &ignored) || !dcbor_read_text(&reader, &version, &ignored))
        return facts_fail(context->facts, "control");
    place.environment = ENVIRONMENT_PRODUCTION;
    return policy_get_version(&place, id, version, &policy) && now_ms < policy.ends_at_ms &&
           now_ms < policy.replaced_at_ms;
}

static void apply_control_map(const struct rule_context *context)
{
    const struct field *clauses = field_get(context->record, "clauses");
    struct buf value = {0};

    if (!field_is_text(field_get(context->record, "kind"), "control-map") ||
        environment_of(field_get(context->record, "environment")) != ENVIRONMENT_PRODUCTION)
        return;
    dcbor_put_array(&value, 2);
    dcbor_put_text(&value, field_text(field_at(context->record, "policy.id")));
    dcbor_put_text(&value, field_text(field_at(context->record, "policy.version")));
    for (const struct field *clause = field_first(clauses); clause != NULL;
         clause = field_next(clauses, clause)) {
        struct fact_key key = fact_key_two(FACT_CONTROL, rule_tenant(context),
                                           field_text(field_get(clause, "clause_id")));

        facts_put(context->facts, &key, bytes_of_buf(&value));
    }
    buf_cleanup(&value);
}

const struct effect effects_control[] = {
    {TYPE_BIT(RECORD_POLICY_VERSION), apply_control_map},
};
const size_t effects_control_count = sizeof(effects_control) / sizeof(effects_control[0]);
