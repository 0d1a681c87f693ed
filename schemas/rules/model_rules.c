/* The rules for calls of models: EX6 and EX9. Events are facts: all of these flag. */
#include "schemas/rules/families.h"

#include "schemas/rules/data_tags.h"
#include "schemas/rules/item_set.h"
#include "schemas/rules/run_checks.h"
#include "schemas/rules/run_workflow.h"
#include "schemas/rules/supplier_facts.h"
#include "schemas/rules/version_facts.h"

enum { EVENT = TYPE_BIT(RECORD_EXECUTION_EVENT) };

static const struct field *member(const struct rule_context *context, const char *path)
{
    return field_at(context->record, path);
}

static bool is_same(const struct field *a, const struct field *b, const char *name)
{
    return bytes_equal(field_text(field_get(a, name)), field_text(field_get(b, name)));
}

/* A region counts where one was asked for. */
static bool is_same_model(const struct field *asked, const struct field *answered)
{
    return is_same(asked, answered, "provider") && is_same(asked, answered, "name") &&
           is_same(asked, answered, "version") &&
           (field_get(asked, "region") == NULL || is_same(asked, answered, "region"));
}

/* How often it was tried does not matter: only an answer by another model is a swap. */
static bool check_model_swap(const struct rule_context *context)
{
    const struct field *call = field_get(context->record, "model_call");
    const struct field *answered = field_get(call, "response_model");

    if (call == NULL || is_same_model(field_get(call, "request_model"), answered) ||
        field_is_text(member(context, "degradation.kind"), "model-swap"))
        return true;
    return rule_broken_at(context, "/model_call/response_model", field_get(answered, "name"),
                          "the model that was asked for, or a degradation of kind model-swap");
}

static bool check_prompt(const struct rule_context *context)
{
    const struct field *call = field_get(context->record, "model_call");

    if (!model_call_takes_prompt(call) || field_get(call, "prompt") != NULL)
        return true;
    return rule_broken_at(context, "/model_call/prompt", NULL, "the version of the prompt");
}

static const struct field *answering_model(const struct rule_context *context)
{
    return member(context, "model_call.response_model");
}

static bool check_registered(const struct rule_context *context)
{
    const struct field *model = answering_model(context);
    struct supplied_model supplied;

    if (model == NULL)
        return true;
    if (!supplied_model_get(context, model, &supplied))
        return rule_broken_at(context, "/model_call/response_model", field_get(model, "name"),
                              "a model of a supplier in use");
    return supplied.license.len > 0 || field_get(model, "license") != NULL ||
           rule_broken_at(context, "/model_call/response_model/license", NULL, "a license");
}

static bool any_port_is_sensitive(const struct field *ports)
{
    for (const struct field *port = field_first(ports); port != NULL;
         port = field_next(ports, port)) {
        if (tags_are_sensitive(field_get(port, "tags"), CLASSIFICATION_CONFIDENTIAL))
            return true;
    }
    return false;
}

/* Whether a policy is of kind residency, in force, and names regions without this one. */
static bool forbids_region(const struct rule_context *context, struct bytes policy_id,
                           struct bytes region)
{
    struct policy_place place = policy_place_of(context);
    uint64_t at_ms = field_uint(member(context, "occurred_at_ms"), 0);
    struct record_fields memory = {0};
    struct policy_fact policy;
    const struct field *regions;
    bool forbids;

    place.environment = rule_run_environment(context);
    if (!policy_in_force(&place, policy_id, at_ms, &policy) ||
        !policy_is_kind(&policy, "residency"))
        return false;
    regions = field_get(fact_map(&memory, policy.parameters), "regions");
    forbids = regions != NULL && !field_list_has(regions, region);
    record_fields_cleanup(&memory);
    return forbids;
}

static bool is_forbidden_region(const struct rule_context *context, struct bytes region)
{
    const struct field *required = field_get(rule_contract(context), "required_policies");

    for (const struct field *policy = field_first(required); policy != NULL;
         policy = field_next(required, policy)) {
        if (forbids_region(context, field_text(policy), region))
            return true;
    }
    return false;
}

/* Sensitive data is processed in a region that is known, offered by the supplier, and allowed by
 * the residency policies of the contract. Which tags a residency policy is about it cannot say, so
 * it is about all that is sensitive. */
static bool check_region(const struct rule_context *context)
{
    const struct field *model = answering_model(context);
    const struct field *region = field_get(model, "region");
    struct supplied_model supplied;

    if (model == NULL || !any_port_is_sensitive(member(context, "inputs")))
        return true;
    if (region == NULL)
        return rule_broken_at(context, "/model_call/response_model/region", NULL,
                              "where sensitive data was processed");
    if (supplied_model_get(context, model, &supplied) &&
        !item_set_has(supplied.regions, field_text(region)))
        return rule_broken_at(context, "/model_call/response_model/region", region,
                              "a region that the supplier is registered with");
    return !is_forbidden_region(context, field_text(region)) ||
           rule_broken_at(context, "/model_call/response_model/region", region,
                          "a region that the residency policies of the contract name");
}

const struct rule rules_model[] = {
    {"EX6", "silent-fallback", RULE_FLAGS, EVENT, check_model_swap,
     "The model that answers is the one asked for, or a model-swap says otherwise."},
    {"EX9", "unregistered-model", RULE_FLAGS, EVENT, check_registered,
     "The model that answers is in the register of suppliers, in use, with a license."},
    {"EX9", "region-not-allowed", RULE_FLAGS, EVENT, check_region,
     "Sensitive data goes to a model in a known region that supplier and policies allow."},
    {"EX9", "prompt-unversioned", RULE_FLAGS, EVENT, check_prompt,
     "A model asked to chat or generate names the version of its prompt."},
};
const size_t rules_model_count = sizeof(rules_model) / sizeof(rules_model[0]);
