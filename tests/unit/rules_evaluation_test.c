/* The rules for policy evaluations, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/run_rule_world.h"

#define START {"engine", "run-start", "{}", NULL}
#define INPUT \
    "{\"algorithm\": \"sha-256\", \"digest\": \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}"
#define DECISION(decision, remedy) "{\"decision\": \"" decision "\", \"remedy\": \"" remedy "\""
#define FOUND(entity) "{\"findings\": [{\"entity\": \"" entity "\", \"finding_count\": 1}]}"

static const struct rule_scenario rows[] = {
    {"PO10", "policy-unknown", "The version evaluated is in the log.", RULE_STEPS(START), "engine",
     "policy-evaluation", "{\"policy\": {\"id\": \"pii\", \"version\": \"9\"}}", "{}"},
    {"PO10", "policy-unknown", "A policy of another environment is not known here.",
     RULE_STEPS(START, {"ci", "policy-version", "{\"environment\": \"staging\","
                        " \"policy\": {\"id\": \"new\", \"version\": \"1\"}}", NULL}),
     "engine", "policy-evaluation", "{\"policy\": {\"id\": \"new\", \"version\": \"1\"}}",
     "{\"policy\": {\"id\": \"new\", \"version\": \"1\"}, \"environment\": \"staging\"}"},
    {"PO10", "stale-policy", "It was in force at the time.",
     RULE_STEPS(START, {"ci", "policy-version",
                        "{\"policy\": {\"id\": \"old\", \"version\": \"1\"},"
                        " \"ends_at_ms\": \"@now+1\"}", NULL}),
     "engine", "policy-evaluation",
     "{\"policy\": {\"id\": \"old\", \"version\": \"1\"}, \"occurred_at_ms\": \"@now+1\"}",
     "{\"policy\": {\"id\": \"old\", \"version\": \"1\"}}"},
    {"PO11", "remedy-mismatch", "Redacting leaves something else than the input.",
     RULE_STEPS(START), "engine", "policy-evaluation",
     DECISION("redact", "mask") ", \"output\": " INPUT "}",
     DECISION("redact", "mask") ", \"output\": " RULE_OTHER_DIGEST "}"},
    {"PO11", "remedy-mismatch", "Redacting leaves something.", RULE_STEPS(START), "engine",
     "policy-evaluation", DECISION("redact", "redact") "}", DECISION("allow", "none") "}"},
    {"PO11", "remedy-mismatch", "Redacting has a remedy that redacts.", RULE_STEPS(START),
     "engine", "policy-evaluation",
     DECISION("redact", "none") ", \"output\": " RULE_OTHER_DIGEST "}",
     DECISION("redact", "tokenize") ", \"output\": " RULE_OTHER_DIGEST "}"},
    {"PO11", "remedy-mismatch", "Denying stops.", RULE_STEPS(START), "engine", "policy-evaluation",
     DECISION("deny", "none") "}", DECISION("deny", "stop") "}"},
    {"PO11", "remedy-mismatch", "Routing asks for approval.", RULE_STEPS(START), "engine",
     "policy-evaluation", DECISION("route", "none") "}",
     DECISION("route", "route-to-approval") "}"},
    {"PO11", "fail-open", "An error is no permission.", RULE_STEPS(START), "engine",
     "policy-evaluation", DECISION("error", "none") "}", DECISION("error", "fallback") "}"},
    {"PO12", "no-run-start", "An evaluation comes after its run's start.", RULE_STEPS(START),
     "engine", "policy-evaluation", "{" RULE_RUN_2 "}", "{}"},
    {"PO12", "after-close", "None comes after the manifest.",
     RULE_STEPS(START, {"engine", "run-manifest", "{}", NULL}), "engine", "policy-evaluation",
     "{}", "{" RULE_RUN_2 "}"},
    {"PO12", "node-not-in-dag", "The node was planned.", RULE_STEPS(START), "engine",
     "policy-evaluation", "{\"node_id\": \"extra\"}", "{\"node_id\": \"gate\"}"},
    {"PO13", "finding-value", "A finding is a kind, nobody's name.", RULE_STEPS(START), "engine",
     "policy-evaluation", FOUND("Jane Doe"), FOUND("EMAIL_ADDRESS")},
    {"PO13", "finding-value", "A finding is a kind, no number.", RULE_STEPS(START), "engine",
     "policy-evaluation", FOUND("123456"), FOUND("ISO-3166")},
    {"PO13", "finding-value", "A finding's field is a name, no value.", RULE_STEPS(START),
     "engine", "policy-evaluation",
     "{\"findings\": [{\"entity\": \"EMAIL\", \"finding_count\": 1, \"field\": \"case-987654\"}]}",
     "{\"findings\": [{\"entity\": \"EMAIL\", \"finding_count\": 1, \"field\": \"body.to\"}]}"},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_evaluation, rules_evaluation_count);
}
