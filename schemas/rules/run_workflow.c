#include "schemas/rules/run_workflow.h"

#include "schemas/rules/rule_cache.h"
#include "schemas/rules/version_facts.h"

/* A record may name its workflow; otherwise the key stays what the run's first record made it. */
static struct fact_key key_of(const struct rule_context *context)
{
    struct run_cache *cache = &context->cache->run;
    struct bytes workflow_id = rule_workflow_id(context); /* reads the run */
    bool is_own = field_get(context->record, "workflow") != NULL;
    struct fact_key key;

    if (!is_own && cache->has_contract_key)
        return cache->contract_key;
    key = contract_key(rule_tenant(context), bytes_of_text("workflow"), workflow_id,
                       rule_workflow_version(context));
    if (!is_own) {
        cache->contract_key = key;
        cache->has_contract_key = true;
    }
    return key;
}

const struct field *rule_contract(const struct rule_context *context)
{
    struct contract_cache *cache = &context->cache->contract;
    struct contract_fact fact = {0};
    struct fact_key key;

    if (cache->is_filled)
        return cache->map;
    key = key_of(context);
    cache->is_filled = true;
    cache->map = contract_get_at(context->facts, &key, &fact)
                     ? fact_map(&cache->memory, fact.contract)
                     : NULL;
    return cache->map;
}

bool rule_graph_has_node(const struct rule_context *context, struct bytes node_id)
{
    struct fact_key key = key_of(context);
    struct contract_fact fact;

    return !contract_get_at(context->facts, &key, &fact) || fact.graph.len == 0 ||
           contract_has_node(&fact, node_id);
}

bool rule_is_live_production(const struct rule_context *context)
{
    return field_is_text(field_get(context->record, "mode"), "live") &&
           field_is_text(field_get(context->record, "environment"), "production");
}

bool rule_workflow_drifted(const struct rule_context *context)
{
    const struct field *workflow = field_get(context->record, "workflow");
    struct bytes digest = field_bytes(field_at(workflow, "content.digest"));
    struct version_fact version;

    if (!version_get_workflow(context, workflow, &version) || version.digest.len == 0)
        return false;
    return digest.len == 0 ? rule_is_live_production(context)
                           : !bytes_equal(digest, version.digest);
}

enum environment rule_run_environment(const struct rule_context *context)
{
    const struct field *environment = field_get(context->record, "environment");
    struct bytes of_run;

    if (environment != NULL)
        return environment_of(environment);
    of_run = rule_run(context)->environment;
    for (enum environment i = 0; i < ENVIRONMENT_COUNT; i++) {
        if (bytes_equal_text(of_run, environment_name(i)))
            return i;
    }
    return ENVIRONMENT_PRODUCTION;
}

bool rule_evaluated_policy(const struct rule_context *context, struct policy_fact *out)
{
    struct policy_place place = policy_place_of(context);

    place.environment = rule_run_environment(context);
    return policy_get(&place, field_get(context->record, "policy"), out);
}
