#include "schemas/rules/run_checks.h"

#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_workflow.h"

bool rule_check_run_started(const struct rule_context *context)
{
    if (run_is_started(rule_run(context)))
        return true;
    return rule_broken_at(context, "/run_id", field_get(context->record, "run_id"),
                          "a run whose run-start was logged before");
}

bool rule_check_run_open(const struct rule_context *context)
{
    if (!run_is_closed(rule_run(context)))
        return true;
    return rule_broken_at(context, "/run_id", field_get(context->record, "run_id"),
                          "a run without a manifest so far");
}

bool rule_check_planned_node(const struct rule_context *context)
{
    const struct field *node = field_get(context->record, "node_id");

    if (rule_graph_has_node(context, field_text(node)))
        return true;
    return rule_broken_at(context, "/node_id", node, "a node of the workflow version's graph");
}
