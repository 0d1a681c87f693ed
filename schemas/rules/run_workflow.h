/* What the workflow version of a record, or of its run, promised when it was published. */
#ifndef VOUCH_SCHEMAS_RULES_RUN_WORKFLOW_H
#define VOUCH_SCHEMAS_RULES_RUN_WORKFLOW_H

#include "schemas/rules/policy_facts.h"

/* The contract-map; NULL when none was logged. Valid for this record. */
const struct field *rule_contract(const struct rule_context *context);

/* The node is in the version's graph, or no graph was logged. */
bool rule_graph_has_node(const struct rule_context *context, struct bytes node_id);

/* The record's workflow has another digest than the version that was logged, or none, although it
 * is a live run in production. */
bool rule_workflow_drifted(const struct rule_context *context);

/* By the record's own "mode" and "environment". */
bool rule_is_live_production(const struct rule_context *context);

/* Where the run of the record is; where nobody says it, production. */
enum environment rule_run_environment(const struct rule_context *context);

/* The policy version that a policy-evaluation names; false when it was not logged. */
bool rule_evaluated_policy(const struct rule_context *context, struct policy_fact *out);

#endif
