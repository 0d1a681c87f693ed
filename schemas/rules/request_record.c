#include "schemas/rules/request_record.h"

struct bytes request_run_id(const struct rule_context *context)
{
    const struct field *run_id = field_at(context->record, "subject.run_id");

    return run_id == NULL ? rule_run_id(context) : field_bytes(run_id);
}

static enum environment stricter(enum environment a, enum environment b)
{
    return a > b ? a : b;
}

enum environment request_environment(const struct rule_context *context)
{
    const struct field *own = field_get(context->record, "environment");
    const struct field *of_action = field_at(context->record, "action.environment");
    enum environment out = ENVIRONMENT_DEVELOPMENT;
    bool is_named = own != NULL;
    struct run run;

    if (own != NULL)
        out = environment_of(own);
    if (of_action != NULL)
        out = stricter(out, environment_of(of_action));
    if (run_get(context->facts, rule_tenant(context), request_run_id(context), &run) &&
        run.environment.len > 0) {
        out = stricter(out, environment_find(run.environment));
        is_named = true;
    }
    return is_named ? out : ENVIRONMENT_PRODUCTION;
}

bool request_matrix(const struct rule_context *context, struct policy_fact *out)
{
    struct policy_place place = policy_place_of(context);

    place.environment = request_environment(context);
    return policy_get(&place, field_get(context->record, "approval_matrix"), out);
}

void request_demand(struct node_demand *out, const struct rule_context *context)
{
    enum risk_level own = risk_level_find(field_text(field_get(context->record, "risk")));
    struct bytes tenant = rule_tenant(context);
    struct run run;

    run_get(context->facts, tenant, request_run_id(context), &run);
    node_demand_get(out, context->facts, tenant, &run,
                    field_text(field_at(context->record, "subject.node_id")));
    if (own > out->risk)
        out->risk = own;
}
