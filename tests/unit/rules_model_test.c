/* The rules for calls of models, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/run_rule_world.h"

#define START {"engine", "run-start", "{}", NULL}
#define MODEL(version) "{\"provider\": \"p\", \"name\": \"m\", \"version\": \"" version "\"}"
#define DIGEST \
    "{\"algorithm\": \"sha-256\", \"digest\": \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"}"
#define CALL_OF(operation, asked, answered, more) \
    "\"model_call\": {\"request_model\": " MODEL(asked) ", \"response_model\": " MODEL(answered) \
    ", \"operation_name\": \"" operation "\", \"input\": " DIGEST ", \"output\": " DIGEST more "}"
#define CALL(asked, answered, more) CALL_OF("embeddings", asked, answered, more)
#define DEGRADED(kind) \
    "\"degradation\": {\"kind\": \"" kind "\", \"node_id\": \"step\", \"planned\": false," \
    " \"reason\": {\"code\": \"outage\"}}"
#define SUPPLIER(json) {"vendors", "supplier", json, NULL}
#define SUPPLIED SUPPLIER("{\"models\": [" MODEL("1") "], \"regions\": [\"eu\", \"us\"]}")
#define IN(region, tag) \
    "{\"model_call\": {\"request_model\": " MODEL("1") ", \"response_model\":" \
    " {\"provider\": \"p\", \"name\": \"m\", \"version\": \"1\"" region "}," \
    " \"operation_name\": \"embeddings\", \"input\": " DIGEST ", \"output\": " DIGEST "}," \
    " \"inputs\": [{\"artifact_id\": \"x\", \"tags\": [{\"data_classification\": \"" tag "\"}]}]}"
#define REGION(name) ", \"region\": \"" name "\""

static const struct rule_scenario rows[] = {
    {"EX6", "silent-fallback", "Another model answered, and nobody says so.", RULE_STEPS(START),
     "engine", "execution-event", "{" CALL("1", "2", "") ", " DEGRADED("low-confidence") "}",
     "{" CALL("1", "2", "") ", " DEGRADED("model-swap") "}"},
    {"EX6", "silent-fallback", "Asking the same model three times is no swap.", RULE_STEPS(START),
     "engine", "execution-event", "{" CALL("1", "2", ", \"attempt_count\": 1") "}",
     "{" CALL("1", "1", ", \"attempt_count\": 3") "}"},
    {"EX9", "prompt-unversioned", "A chat names its prompt; embeddings have none.",
     RULE_STEPS(START), "engine", "execution-event",
     "{" CALL_OF("chat", "1", "1", "") "}",
     "{" CALL_OF("chat", "1", "1", ", \"prompt\": {\"id\": \"sum\","
     " \"version\": \"9\"}") "}"},
    {"EX9", "unregistered-model", "The model that answers is registered.",
     RULE_STEPS(START, SUPPLIED), "engine", "execution-event",
     "{" CALL("1", "2", "") ", " DEGRADED("model-swap") "}", "{" CALL("1", "1", "") "}"},
    {"EX9", "unregistered-model", "Its supplier is in use, and it has a license.",
     RULE_STEPS(START, SUPPLIED, SUPPLIER("{\"service\": \"other\", \"license\": null,"
                                          " \"models\": [" MODEL("2") "]}")),
     "engine", "execution-event", "{" CALL("2", "2", "") "}", "{" CALL("1", "1", "") "}"},
    {"EX9", "region-not-allowed", "Sensitive data goes to a known region.",
     RULE_STEPS(START, SUPPLIED), "engine", "execution-event", IN("", "restricted"),
     IN("", "internal")},
    {"EX9", "region-not-allowed", "The supplier is registered for it.",
     RULE_STEPS(START, SUPPLIED), "engine", "execution-event", IN(REGION("mars"), "confidential"),
     IN(REGION("eu"), "confidential")},
    {"EX9", "region-not-allowed", "The residency policy of the contract names it.",
     RULE_STEPS({"ci", "workflow-change", "{\"target\": {\"kind\": \"workflow\","
                 " \"to_version\": {\"id\": \"local\", \"version\": \"1\"}}, \"contract\":"
                 " {\"required_policies\": [\"where\"]}}", NULL},
                {"ci", "policy-version", "{\"policy\": {\"id\": \"where\", \"version\": \"1\"},"
                 " \"kind\": \"residency\", \"parameters\": {\"regions\": [\"eu\"]}}", NULL},
                {"engine", "run-start",
                 "{\"workflow\": {\"id\": \"local\", \"version\": \"1\"}}", NULL}, SUPPLIED),
     "engine", "execution-event", IN(REGION("us"), "confidential"),
     IN(REGION("eu"), "confidential")},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_model, rules_model_count);
}
