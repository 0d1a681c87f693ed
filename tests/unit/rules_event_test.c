/* The rules for execution events, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/run_rule_world.h"

#define START {"engine", "run-start", "{}", NULL}
#define DIGEST \
    "{\"algorithm\": \"sha-256\", \"digest\": \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"}"
#define DEGRADED(kind) \
    "\"degradation\": {\"kind\": \"" kind "\", \"node_id\": \"step\", \"planned\": false," \
    " \"reason\": {\"code\": \"outage\"}}"
#define AGENT(scopes) \
    "\"actor\": {\"kind\": \"agent\", \"id\": \"agt_1\", \"scopes\": [" scopes "]}"
#define ACTION(operation) \
    "\"action\": {\"operation\": \"" operation "\", \"resource\": \"r\", \"arguments\": " DIGEST "}"
#define EFFECT "{\"event\": \"side-effect\", \"side_effect_key\": \"k\""

static const struct rule_scenario rows[] = {
    {"EX1", "no-run-start", "An event comes after its run's start.", RULE_STEPS(START), "engine",
     "execution-event", "{" RULE_RUN_2 "}", "{}"},
    {"EX1", "no-run-start", "So does a manifest.", RULE_STEPS(START), "engine", "run-manifest",
     "{" RULE_RUN_2 "}", "{}"},
    {"EX1", "after-close", "No event comes after the manifest.",
     RULE_STEPS(START, {"engine", "run-manifest", "{}", NULL}), "engine", "execution-event", "{}",
     "{" RULE_RUN_2 "}"},
    {"EX1", "after-close", "No part of the manifest does.",
     RULE_STEPS(START, {"engine", "run-manifest", "{}", NULL}), "engine", "manifest-part", "{}",
     "{" RULE_RUN_2 "}"},
    {"EX2", "node-not-in-dag", "The node was planned.", RULE_STEPS(START), "engine",
     "execution-event", "{\"node_id\": \"extra\"}", "{\"node_id\": \"gate\"}"},
    {"EX2", "node-not-in-dag", "An event may name the workflow itself, without a graph.", NULL,
     "engine", "execution-event",
     "{\"node_id\": \"extra\", \"workflow\": {\"id\": \"review\", \"version\": \"1\"}}",
     "{\"node_id\": \"extra\", \"workflow\": {\"id\": \"review\", \"version\": \"9\"}}"},
    {"EX3", "event-order", "An attempt begins with start.", RULE_STEPS(START), "engine",
     "execution-event", "{\"event\": \"end\"}", "{\"event\": \"start\"}"},
    {"EX3", "event-order", "It starts once; another attempt starts again.",
     RULE_STEPS(START, {"engine", "execution-event", "{}", NULL}), "engine", "execution-event",
     "{}", "{\"attempt\": 2}"},
    {"EX3", "event-order", "Nothing comes after its end but the word of a retry.",
     RULE_STEPS(START, {"engine", "execution-event", "{}", NULL},
                {"engine", "execution-event", "{\"event\": \"fail\"}", NULL}),
     "engine", "execution-event", "{\"event\": \"end\"}", "{\"event\": \"retry\"}"},
    {"EX3", "event-order", "What never began can be skipped, and then has ended.",
     RULE_STEPS(START, {"engine", "execution-event", "{\"event\": \"skip\"}", NULL}), "engine",
     "execution-event", "{\"event\": \"start\"}", "{\"node_id\": \"done\", \"event\": \"skip\"}"},
    {"EX3", "event-order", "Events between start and end may be many.",
     RULE_STEPS(START, {"engine", "execution-event", "{}", NULL},
                {"engine", "execution-event", "{\"event\": \"wait\"}", NULL}),
     "engine", "execution-event", "{\"event\": \"start\"}", "{\"event\": \"resume\"}"},
    {"EX5", "degradation-unlabelled", "A fallback has a degradation.", RULE_STEPS(START), "engine",
     "execution-event", "{\"event\": \"fallback\"}",
     "{\"event\": \"fallback\", " DEGRADED("tool-fallback") "}"},
    {"EX7", "key-missing", "A side effect has a key.", RULE_STEPS(START), "engine",
     "execution-event", "{\"event\": \"side-effect\"}", EFFECT "}"},
    {"EX7", "duplicate-side-effect", "Another node does not use the key again.",
     RULE_STEPS(START, {"engine", "execution-event", EFFECT "}", NULL}), "engine",
     "execution-event", EFFECT ", \"node_id\": \"done\"}", EFFECT ", \"attempt\": 2}"},
    {"EX7", "duplicate-side-effect", "Another live run does not, a dry run may.",
     RULE_STEPS(START, {"engine", "execution-event", EFFECT "}", NULL},
                {"engine", "run-start", "{" RULE_RUN_2 "}", NULL},
                {"engine", "run-start",
                 "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAw\", \"mode\": \"dry-run\"}", NULL}),
     "engine", "execution-event", EFFECT ", " RULE_RUN_2 "}",
     EFFECT ", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAw\"}"},
    {"EX8", "scope-exceeded", "An agent claims what it was granted.", RULE_STEPS(START), "engine",
     "execution-event", "{" AGENT("\"read\", \"delete\"") "}", "{" AGENT("\"read\", \"pay\"") "}"},
    {"EX8", "scope-exceeded", "It acts within what it claims.", RULE_STEPS(START), "engine",
     "execution-event", "{" AGENT("\"read\"") ", " ACTION("pay") "}",
     "{" AGENT("\"pay\"") ", " ACTION("pay") "}"},
    {"EX8", "scope-exceeded", "Claiming nothing, it acts within what it was granted.",
     RULE_STEPS(START), "engine", "execution-event",
     "{\"actor\": {\"kind\": \"agent\", \"id\": \"agt_1\"}, " ACTION("delete") "}",
     "{\"actor\": {\"kind\": \"agent\", \"id\": \"agt_1\"}, " ACTION("pay") "}"},
    {"EX8", "scope-exceeded", "An agent nobody registered has no scopes; a service needs none.",
     RULE_STEPS(START), "engine", "execution-event",
     "{\"actor\": {\"kind\": \"agent\", \"id\": \"agt_2\"}, " ACTION("pay") "}",
     "{" ACTION("pay") "}"},
    {"EX10", "unexplained-skip", "A skip says what led around the node.", RULE_STEPS(START),
     "engine", "execution-event", "{\"event\": \"skip\"}",
     "{\"event\": \"skip\", \"policy\": {\"id\": \"pii\", \"version\": \"1\"},"
     " \"clause_id\": \"c1\"}"},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_event, rules_event_count);
}
