/*
 * The tables of rules and effects, one pair per family; tables.c lists the families once. A new
 * rule is a row in its family's table, a new family a file and a row in tables.c.
 */
#ifndef VOUCH_SCHEMAS_RULES_FAMILIES_H
#define VOUCH_SCHEMAS_RULES_FAMILIES_H

#include "schemas/rules/rule.h"

/* What an admitted record of these types leaves behind. */
struct effect {
    uint32_t types;
    effect_fn apply;
};

extern const struct rule rules_generic[];
extern const size_t rules_generic_count;

extern const struct rule rules_content[];
extern const size_t rules_content_count;

extern const struct rule rules_change[];
extern const size_t rules_change_count;

extern const struct rule rules_contract[];
extern const size_t rules_contract_count;

extern const struct rule rules_policy[];
extern const size_t rules_policy_count;

extern const struct rule rules_run[];
extern const size_t rules_run_count;

extern const struct rule rules_event[];
extern const size_t rules_event_count;

extern const struct rule rules_model[];
extern const size_t rules_model_count;

extern const struct rule rules_evaluation[];
extern const size_t rules_evaluation_count;

extern const struct rule rules_request[];
extern const size_t rules_request_count;

extern const struct rule rules_vote[];
extern const size_t rules_vote_count;

extern const struct rule rules_outcome[];
extern const size_t rules_outcome_count;

extern const struct rule rules_token[];
extern const size_t rules_token_count;

extern const struct rule rules_override[];
extern const size_t rules_override_count;

extern const struct rule rules_manifest[];
extern const size_t rules_manifest_count;

extern const struct rule rules_disclosure[];
extern const size_t rules_disclosure_count;

extern const struct rule rules_graph[];
extern const size_t rules_graph_count;

extern const struct rule rules_lineage[];
extern const size_t rules_lineage_count;

extern const struct rule rules_exposure[];
extern const size_t rules_exposure_count;

extern const struct rule rules_grant[];
extern const size_t rules_grant_count;

extern const struct rule rules_action[];
extern const size_t rules_action_count;

extern const struct rule rules_data[];
extern const size_t rules_data_count;

extern const struct rule rules_oversight[];
extern const size_t rules_oversight_count;

extern const struct rule rules_window[];
extern const size_t rules_window_count;

extern const struct rule rules_identity[];
extern const size_t rules_identity_count;

extern const struct effect effects_identity[];
extern const size_t effects_identity_count;

extern const struct effect effects_version[];
extern const size_t effects_version_count;

extern const struct effect effects_policy[];
extern const size_t effects_policy_count;

extern const struct effect effects_override[];
extern const size_t effects_override_count;

extern const struct effect effects_gate[];
extern const size_t effects_gate_count;

extern const struct effect effects_grant[];
extern const size_t effects_grant_count;

extern const struct effect effects_action[];
extern const size_t effects_action_count;

extern const struct effect effects_approval[];
extern const size_t effects_approval_count;

extern const struct effect effects_run[];
extern const size_t effects_run_count;

extern const struct effect effects_control[];
extern const size_t effects_control_count;

extern const struct effect effects_supplier[];
extern const size_t effects_supplier_count;

extern const struct effect effects_test[];
extern const size_t effects_test_count;

extern const struct effect effects_hold[];
extern const size_t effects_hold_count;

extern const struct effect effects_oversight[];
extern const size_t effects_oversight_count;

#endif
