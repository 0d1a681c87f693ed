/* The rules for sensitive data in a run, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/manifest_json.h"
#include "tests/support/run_rule_world.h"

#define TAG(text) ", \"tags\": [{\"data_classification\": " text "}]"
#define TAKES(id) JSON_STEP(id, JSON_PORT("x"), "")
#define COMMITMENT \
    "{\"algorithm\": \"hmac-sha-256\", \"digest\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}"
#define RUN(nodes, edges, tag) \
    "{" JSON_NODES(nodes) ", " JSON_EDGES(edges) ", " JSON_ARTIFACTS(JSON_ARTIFACT( \
        "x", "external", ", \"content\": " COMMITMENT tag)) "}"
#define EVALUATE(node, policy, more) \
    {"engine", "policy-evaluation", "{\"node_id\": \"" node "\", \"policy\": {\"id\": \"" policy \
     "\", \"version\": \"1\"}" more "}", NULL}
#define POLICY(id, kind) \
    {"ci", "policy-version", "{\"policy\": {\"id\": \"" id "\", \"version\": \"1\"}," \
     " \"kind\": \"" kind "\"}", NULL}
#define GATE JSON_STEP("gate", "", "")
#define LEAVES(tag) \
    "{" JSON_ARTIFACTS(JSON_ARTIFACT("x", "run", ", \"destination\": \"crm\"" tag)) "}"
#define SECRET TAG("\"restricted\"")

static const struct rule_scenario rows[] = {
    {"M7", "sensitive-unchecked", "Confidential inputs are checked, internal ones need not be.",
     NULL, "engine", "run-manifest", RUN(TAKES("b"), "", TAG("\"confidential\"")),
     RUN(TAKES("b"), "", TAG("\"internal\""))},
    {"M7", "sensitive-unchecked", "Personal data is sensitive whatever its class.",
     RULE_STEPS(EVALUATE("a", "pii", "")), "engine", "run-manifest",
     RUN(TAKES("b"), "", TAG("\"internal\", \"data_category\": \"pii\"")),
     RUN(TAKES("a"), "", TAG("\"internal\", \"data_category\": \"pii\""))},
    {"M7", "sensitive-unchecked", "The check is there or on a node before.",
     RULE_STEPS(EVALUATE("gate", "pii", "")), "engine", "run-manifest",
     RUN(GATE ", " TAKES("b"), JSON_EDGE("b", "gate"), SECRET),
     RUN(GATE ", " TAKES("b"), JSON_EDGE("gate", "b"), SECRET)},
    {"M7", "sensitive-unchecked", "A policy of another kind is no such check.",
     RULE_STEPS(POLICY("cost", "quality"), EVALUATE("a", "cost", ""), EVALUATE("b", "pii", "")),
     "engine", "run-manifest", RUN(TAKES("a"), "", SECRET), RUN(TAKES("b"), "", SECRET)},
    {"M7", "sensitive-unchecked", "An evaluation that failed is none.",
     RULE_STEPS(EVALUATE("a", "pii", ", \"decision\": \"error\", \"remedy\": \"stop\""),
                EVALUATE("b", "pii", "")),
     "engine", "run-manifest", RUN(TAKES("a"), "", SECRET), RUN(TAKES("b"), "", SECRET)},
    {"M7", "sensitive-unchecked", "A port's own tags count.", NULL, "engine", "run-manifest",
     RUN(JSON_STEP("b", "{\"artifact_id\": \"x\", \"tags\": [{\"data_classification\":"
                   " \"restricted\"}]}", ""), "", ""),
     RUN(JSON_STEP("b", "{\"artifact_id\": \"x\", \"tags\": [{\"data_classification\":"
                   " \"public\"}]}", ""), "", "")},
    {"M17", "egress-unchecked", "What is restricted leaves only where a policy allowed it.",
     RULE_STEPS(POLICY("out", "egress"),
                EVALUATE("step", "out", ", \"destination\": \"other\"")),
     "engine", "run-manifest", LEAVES(SECRET), LEAVES(TAG("\"confidential\""))},
    {"M17", "egress-unchecked", "It was allowed for that destination, and last.",
     RULE_STEPS(POLICY("out", "egress"),
                EVALUATE("step", "out", ", \"destination\": \"crm\""),
                {"engine", "policy-evaluation",
                 "{" RULE_RUN_2 ", \"node_id\": \"step\", \"policy\": {\"id\": \"out\","
                 " \"version\": \"1\"}, \"destination\": \"crm\"}", NULL},
                EVALUATE("step", "out", ", \"destination\": \"crm\", \"decision\": \"deny\","
                         " \"remedy\": \"stop\"")),
     "engine", "run-manifest", LEAVES(SECRET),
     "{" RULE_RUN_2 ", "
     JSON_ARTIFACTS(JSON_ARTIFACT("x", "run", ", \"destination\": \"crm\"" SECRET)) "}"},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_exposure, rules_exposure_count);
}
