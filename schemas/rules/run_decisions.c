#include "schemas/rules/run_decisions.h"

#include <stdlib.h>

#include "schemas/rules/rule_cache.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_lists.h"

/* What one node last decided by one policy, or an egress policy about one destination. */
struct run_step {
    struct bytes digest; /* of the evaluation */
    struct bytes node_id;
    struct bytes destination; /* empty: this is about a node */
    struct bytes decision;
};

static void keep_last(struct run_decisions *out, struct bytes first, struct bytes second,
                      const struct run_step *step)
{
    uint32_t number;

    buf_clear(&out->name);
    buf_append_bytes(&out->name, first);
    buf_append_byte(&out->name, ' '); /* no id holds one */
    buf_append_bytes(&out->name, second);
    number = name_table_add(&out->steps, bytes_of_buf(&out->name), NULL);
    if (number == NAME_NONE) {
        out->is_too_large = true;
        return;
    }
    if (number >= out->step_capacity) {
        out->step_capacity = out->step_capacity == 0 ? 64 : out->step_capacity * 2;
        out->last = mem_realloc_array(out->last, out->step_capacity, sizeof(*out->last));
    }
    out->last[number] = *step;
}

static bool is_content_kind(struct bytes policy_kind)
{
    return bytes_equal_text(policy_kind, "content") ||
           bytes_equal_text(policy_kind, "redaction") ||
           bytes_equal_text(policy_kind, "residency");
}

static void add_bits(struct run_decisions *out, struct bytes node_id, unsigned bits)
{
    bool is_new = false;
    uint32_t number = name_table_add(&out->nodes, node_id, &is_new);

    if (number == NAME_NONE) {
        out->is_too_large = true;
        return;
    }
    if (number >= out->node_capacity) {
        out->node_capacity = out->node_capacity == 0 ? 64 : out->node_capacity * 2;
        out->node_bits =
            mem_realloc_array(out->node_bits, out->node_capacity, sizeof(*out->node_bits));
    }
    out->node_bits[number] = is_new ? bits : out->node_bits[number] | bits;
}

static void add_evaluation(struct run_decisions *out, const struct run_evaluation *evaluation)
{
    struct run_step step = {
        .digest = evaluation->digest,
        .node_id = evaluation->node_id,
        .decision = evaluation->decision,
    };

    name_table_add(&out->policies, evaluation->policy_id, NULL);
    keep_last(out, evaluation->node_id, evaluation->policy_id, &step);
    if (is_content_kind(evaluation->policy_kind) &&
        !bytes_equal_text(evaluation->decision, "error"))
        add_bits(out, evaluation->node_id, NODE_CHECKED);
    if (evaluation->destination.len > 0 && bytes_equal_text(evaluation->policy_kind, "egress")) {
        step.destination = evaluation->destination;
        keep_last(out, (struct bytes){0}, evaluation->destination, &step);
    }
}

/* What the last decisions come to. A request that names the evaluation may be about another node:
 * where a policy is asked is seldom where the action is. */
static void settle(const struct rule_context *context, struct run_decisions *out)
{
    for (size_t i = 0; i < out->steps.count; i++) {
        const struct run_step *step = &out->last[i];

        if (step->destination.len > 0) {
            if (bytes_equal_text(step->decision, "allow"))
                name_table_add(&out->allowed, step->destination, NULL);
        } else if (bytes_equal_text(step->decision, "deny")) {
            add_bits(out, step->node_id, NODE_DENIED);
        } else if (bytes_equal_text(step->decision, "route") &&
                   !rule_run_was_requested(context, step->digest)) {
            add_bits(out, step->node_id, NODE_ROUTED);
        }
    }
}

static void build(const struct rule_context *context, struct run_decisions *out)
{
    uint64_t count = rule_run(context)->evaluation_count;
    struct run_evaluation evaluation;

    name_table_clear(&out->policies);
    name_table_clear(&out->nodes);
    name_table_clear(&out->allowed);
    name_table_clear(&out->steps);
    out->is_too_large = count > RUN_EVALUATIONS_MAX;
    for (uint64_t n = 0; n < count && rule_run_evaluation(context, n, &evaluation); n++)
        add_evaluation(out, &evaluation);
    settle(context, out);
}

const struct run_decisions *rule_run_decisions(const struct rule_context *context)
{
    struct run_decisions *decisions = &context->cache->decisions;

    if (!decisions->is_filled) {
        decisions->is_filled = true;
        build(context, decisions);
    }
    return decisions;
}

void run_decisions_cleanup(struct run_decisions *decisions)
{
    name_table_cleanup(&decisions->policies);
    name_table_cleanup(&decisions->nodes);
    name_table_cleanup(&decisions->allowed);
    name_table_cleanup(&decisions->steps);
    free(decisions->node_bits);
    free(decisions->last);
    buf_cleanup(&decisions->name);
    *decisions = (struct run_decisions){0};
}

unsigned run_decisions_at(const struct run_decisions *decisions, struct bytes node_id)
{
    uint32_t number = name_table_find(&decisions->nodes, node_id);

    return number == NAME_NONE ? 0 : decisions->node_bits[number];
}

void rule_mark_decided(const struct rule_context *context, struct manifest_view *view,
                       unsigned bits)
{
    const struct run_decisions *decisions = rule_run_decisions(context);

    for (uint32_t i = 0; i < view->node_names.count; i++)
        view->marks[i] =
            (run_decisions_at(decisions, name_table_at(&view->node_names, i)) & bits) != 0;
}
