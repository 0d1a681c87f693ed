/* Checks that are rows of several rule tables: what any step of a run keeps to. */
#ifndef VOUCH_SCHEMAS_RULES_RUN_CHECKS_H
#define VOUCH_SCHEMAS_RULES_RUN_CHECKS_H

#include "schemas/rules/rule.h"

bool rule_check_run_started(const struct rule_context *context); /* its run-start was logged */
bool rule_check_run_open(const struct rule_context *context);    /* its manifest was not */
bool rule_check_planned_node(const struct rule_context *context); /* its node_id is in the graph */

/* Whether a model call is of an operation that is given a prompt, such as chat. */
bool model_call_takes_prompt(const struct field *call);

/* Whether the run delivered something, whole or in part, instead of being stopped. */
bool manifest_has_delivered(const struct rule_context *context);

/* Whether a control or a human stopped the run, or it failed before it had a result. */
bool manifest_was_stopped(const struct rule_context *context);

#endif
