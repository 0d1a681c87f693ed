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

bool model_call_takes_prompt(const struct field *call)
{
    static const char *const with_prompt[] = {"chat", "generate_content", "text_completion",
                                              "generate"};
    const struct field *operation = field_get(call, "operation_name");

    for (size_t i = 0; i < sizeof(with_prompt) / sizeof(with_prompt[0]); i++) {
        if (field_is_text(operation, with_prompt[i]))
            return true;
    }
    return false;
}

bool manifest_has_delivered(const struct rule_context *context)
{
    const struct field *status = field_get(context->record, "status");

    return field_is_text(status, "success") || field_is_text(status, "partial");
}

bool manifest_was_stopped(const struct rule_context *context)
{
    const struct field *status = field_get(context->record, "status");

    return field_is_text(status, "blocked") || field_is_text(status, "cancelled") ||
           (field_is_text(status, "failed") && field_get(context->record, "result") == NULL);
}
