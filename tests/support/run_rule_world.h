/* The history that the scenarios of run rules share. */
#ifndef VOUCH_TESTS_SUPPORT_RUN_RULE_WORLD_H
#define VOUCH_TESTS_SUPPORT_RUN_RULE_WORLD_H

#include "tests/support/rule_scenarios.h"

/*
 * Issuers "engine", "ci" (changes), "idp", "console" (overrides), "vendors" and "service"
 * (approvals). usr_trigger, who may trigger and replay; usr_overrider; the agent agt_1 with the
 * scopes pay and read. Workflow review 1, published with the digest in RULE_WORKFLOW, a contract
 * (risk medium, policy pii required, artifact a at most 60 s old) and a graph (fetch, gate, step,
 * done). Policy pii 1 of kind content.
 */
void run_rule_world_prepare(struct rule_world *world);

#define RULE_WORKFLOW \
    "\"workflow\": {\"id\": \"review\", \"version\": \"1\", \"content\": {\"algorithm\": " \
    "\"sha-256\", \"digest\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}}"
#define RULE_OTHER_DIGEST \
    "{\"algorithm\": \"sha-256\", \"digest\": \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"}"
/* Members of run-start and run-manifest: a live run in production, of the published workflow. */
#define RULE_PRODUCTION \
    "\"environment\": \"production\", \"mode\": \"live\", \"risk\": \"medium\""
#define RULE_LIVE RULE_PRODUCTION ", " RULE_WORKFLOW
#define RULE_RUN_1 "\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAQ\""
#define RULE_RUN_2 "\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\""

#endif
