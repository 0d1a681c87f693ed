#include "schemas/rules/gate_facts.h"

#include "schemas/rules/fact_value.h"
#include "schemas/rules/families.h"

enum { GRANT_VALUES = 8, VERDICT_VALUES = 2 };

/* ---- grants ---- */

bool gate_grant_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                    struct gate_grant *out)
{
    struct fact_key key = fact_key_two(FACT_GATE_GRANT, tenant, record_id);
    struct fact_value value;
    struct bytes encoded;

    *out = (struct gate_grant){.record_id = record_id};
    if (!facts_get(facts, &key, &encoded))
        return false;
    value = fact_value_open(encoded, GRANT_VALUES);
    out->index = fact_value_uint(&value, UINT64_MAX);
    out->run_id = fact_value_bytes(&value);
    out->node_id = fact_value_text(&value);
    out->action_digest = fact_value_bytes(&value);
    out->granted_to = fact_value_text(&value);
    out->expires_at_ms = fact_value_uint(&value, UINT64_MAX);
    out->has_override = fact_value_uint(&value, 1) == 1;
    out->used_by = fact_value_bytes(&value);
    return fact_value_is_whole(&value) || facts_fail(facts, "gate grant");
}

void gate_grant_put(struct facts *facts, struct bytes tenant, const struct gate_grant *grant)
{
    struct fact_key key = fact_key_two(FACT_GATE_GRANT, tenant, grant->record_id);
    struct buf value = {0};

    dcbor_put_array(&value, GRANT_VALUES);
    dcbor_put_uint(&value, grant->index);
    dcbor_put_bytes(&value, grant->run_id);
    dcbor_put_text(&value, grant->node_id);
    dcbor_put_bytes(&value, grant->action_digest);
    dcbor_put_text(&value, grant->granted_to);
    dcbor_put_uint(&value, grant->expires_at_ms);
    dcbor_put_uint(&value, grant->has_override ? 1 : 0);
    dcbor_put_bytes(&value, grant->used_by);
    facts_put(facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* ---- verdicts ---- */

static bool verdict_next(struct dcbor_reader *list, struct node_verdict *out)
{
    struct err ignored = {0};
    uint64_t kind;
    uint64_t count;

    if (dcbor_at_end(list) || !dcbor_read_array(list, &count, &ignored) ||
        count != VERDICT_VALUES || !dcbor_read_uint(list, &kind, &ignored) ||
        kind >= VERDICT_KIND_COUNT || !dcbor_read_text(list, &out->policy_id, &ignored))
        return false;
    out->kind = (enum node_verdict_kind)kind;
    return true;
}

static void verdict_append(struct buf *out, enum node_verdict_kind kind, struct bytes policy_id)
{
    dcbor_put_array(out, VERDICT_VALUES);
    dcbor_put_uint(out, kind);
    dcbor_put_text(out, policy_id);
}

static struct bytes list_get(struct facts *facts, const struct fact_key *key)
{
    struct bytes list = {0};

    facts_get(facts, key, &list);
    return list;
}

bool node_verdict_find(struct facts *facts, struct bytes tenant, struct bytes run_id,
                       struct bytes node_id, enum node_verdict_kind kind,
                       struct bytes *out_policy_id)
{
    struct fact_key key = fact_key_three(FACT_NODE_VERDICT, tenant, run_id, node_id);
    struct dcbor_reader list = dcbor_reader_of(list_get(facts, &key));
    struct node_verdict verdict;

    while (verdict_next(&list, &verdict)) {
        *out_policy_id = verdict.policy_id;
        if (verdict.kind == kind)
            return true;
    }
    return dcbor_at_end(&list) ? false : facts_fail(facts, "verdicts on a node");
}

/* ---- effects ---- */

/* Copies the verdicts of other policies; returns how many. */
static unsigned copy_others(struct buf *out, struct bytes list, struct bytes policy_id)
{
    struct dcbor_reader reader = dcbor_reader_of(list);
    struct node_verdict verdict;
    unsigned count = 0;

    while (verdict_next(&reader, &verdict)) {
        if (bytes_equal(verdict.policy_id, policy_id))
            continue;
        verdict_append(out, verdict.kind, verdict.policy_id);
        count++;
    }
    return count;
}

static void apply_evaluation(const struct rule_context *context)
{
    const struct field *decision = field_get(context->record, "decision");
    struct bytes policy_id = field_text(field_at(context->record, "policy.id"));
    struct fact_key key =
        fact_key_three(FACT_NODE_VERDICT, rule_tenant(context), rule_run_id(context),
                       field_text(field_get(context->record, "node_id")));
    struct bytes before = list_get(context->facts, &key);
    bool is_denied = field_is_text(decision, "deny") || field_is_text(decision, "error");
    bool is_routed = field_is_text(decision, "route");
    struct buf after = {0};
    unsigned count;

    if (before.len == 0 && !is_denied && !is_routed)
        return;
    count = copy_others(&after, before, policy_id);
    if (count == NODE_VERDICTS_MAX && (is_denied || is_routed))
        verdict_append(&after, VERDICT_DENIED, (struct bytes){0}); /* no evaluation takes it back */
    else if (count < NODE_VERDICTS_MAX && (is_denied || is_routed))
        verdict_append(&after, is_denied ? VERDICT_DENIED : VERDICT_ROUTED, policy_id);
    facts_put(context->facts, &key, bytes_of_buf(&after));
    buf_cleanup(&after);
}

const struct effect effects_gate[] = {
    {TYPE_BIT(RECORD_POLICY_EVALUATION), apply_evaluation},
};
const size_t effects_gate_count = sizeof(effects_gate) / sizeof(effects_gate[0]);
