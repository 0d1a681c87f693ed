/* Checks that are rows of several rule tables: what any step of a run keeps to. */
#ifndef VOUCH_SCHEMAS_RULES_RUN_CHECKS_H
#define VOUCH_SCHEMAS_RULES_RUN_CHECKS_H

#include "schemas/rules/rule.h"

bool rule_check_run_started(const struct rule_context *context); /* its run-start was logged */
bool rule_check_run_open(const struct rule_context *context);    /* its manifest was not */
bool rule_check_planned_node(const struct rule_context *context); /* its node_id is in the graph */

#endif
