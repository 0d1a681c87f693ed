#include "schemas/rules/tables.h"

static const struct {
    const struct rule *rules;
    const size_t *count;
} rule_families[] = {
    {rules_generic, &rules_generic_count},
    {rules_content, &rules_content_count},
    {rules_identity, &rules_identity_count},
    {rules_change, &rules_change_count},
    {rules_contract, &rules_contract_count},
    {rules_policy, &rules_policy_count},
    {rules_data, &rules_data_count},
    {rules_oversight, &rules_oversight_count},
    {rules_window, &rules_window_count},
    {rules_run, &rules_run_count},
    {rules_event, &rules_event_count},
    {rules_model, &rules_model_count},
    {rules_evaluation, &rules_evaluation_count},
    {rules_request, &rules_request_count},
    {rules_vote, &rules_vote_count},
    {rules_outcome, &rules_outcome_count},
    {rules_token, &rules_token_count},
    {rules_override, &rules_override_count},
    {rules_manifest, &rules_manifest_count},
    {rules_disclosure, &rules_disclosure_count},
    {rules_graph, &rules_graph_count},
    {rules_lineage, &rules_lineage_count},
    {rules_exposure, &rules_exposure_count},
    {rules_grant, &rules_grant_count},
    {rules_action, &rules_action_count},
};

static const struct {
    const struct effect *effects;
    const size_t *count;
} effect_families[] = {
    {effects_identity, &effects_identity_count},
    {effects_version, &effects_version_count},
    {effects_policy, &effects_policy_count},
    {effects_run, &effects_run_count},
    {effects_approval, &effects_approval_count},
    {effects_override, &effects_override_count},
    {effects_gate, &effects_gate_count},
    {effects_grant, &effects_grant_count},
    {effects_action, &effects_action_count},
    {effects_control, &effects_control_count},
    {effects_supplier, &effects_supplier_count},
    {effects_test, &effects_test_count},
    {effects_hold, &effects_hold_count},
    {effects_oversight, &effects_oversight_count},
};

enum {
    RULE_FAMILIES = sizeof(rule_families) / sizeof(rule_families[0]),
    EFFECT_FAMILIES = sizeof(effect_families) / sizeof(effect_families[0]),
};

size_t rule_count(void)
{
    size_t count = 0;

    for (size_t i = 0; i < RULE_FAMILIES; i++)
        count += *rule_families[i].count;
    return count;
}

const struct rule *rule_at(size_t n)
{
    size_t i = 0;

    while (n >= *rule_families[i].count)
        n -= *rule_families[i++].count;
    return &rule_families[i].rules[n];
}

size_t rule_number(const struct rule *rule)
{
    size_t before = 0;

    for (size_t i = 0; i < RULE_FAMILIES; i++) {
        if (rule >= rule_families[i].rules && rule < rule_families[i].rules + *rule_families[i].count)
            return before + (size_t)(rule - rule_families[i].rules);
        before += *rule_families[i].count;
    }
    CHECK(false);
    return before;
}

size_t effect_count(void)
{
    size_t count = 0;

    for (size_t i = 0; i < EFFECT_FAMILIES; i++)
        count += *effect_families[i].count;
    return count;
}

const struct effect *effect_at(size_t n)
{
    size_t i = 0;

    while (n >= *effect_families[i].count)
        n -= *effect_families[i++].count;
    return &effect_families[i].effects[n];
}
