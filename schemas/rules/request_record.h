/* What an approval-request says about its place: the context's record is one. */
#ifndef VOUCH_SCHEMAS_RULES_REQUEST_RECORD_H
#define VOUCH_SCHEMAS_RULES_REQUEST_RECORD_H

#include "schemas/rules/node_demand.h"
#include "schemas/rules/policy_facts.h"

/* The run its subject names, else the one its header names; empty: none. */
struct bytes request_run_id(const struct rule_context *context);

/* The strictest that the record, its action or its run names; where nobody does, production. */
enum environment request_environment(const struct rule_context *context);

/* Its approval matrix; false when no policy was logged under that name and version. */
bool request_matrix(const struct rule_context *context, struct policy_fact *out);

/* What its run and node demand, with the record's own risk where that is higher. */
void request_demand(struct node_demand *out, const struct rule_context *context);

#endif
