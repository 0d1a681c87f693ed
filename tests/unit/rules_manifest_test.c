/* The rules that compare a manifest with what was logged, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/manifest_json.h"
#include "tests/support/run_rule_world.h"

#define EMPTY JSON_DIGEST_OF_NOTHING
#define MODELS(models) "\"models\": [" models "]"
#define CALLS(asked, answered) \
    JSON_NODES(JSON_NODE("step", "model", "ok", "", "", JSON_CALL(asked, answered)))
#define WITH_CONTRACT "\"workflow\": {\"id\": \"review\", \"version\": \"1\"}"
#define ROUTE(node) \
    {"engine", "policy-evaluation", "{\"node_id\": \"" node "\", \"decision\": \"route\"," \
     " \"remedy\": \"route-to-approval\"}", NULL}
#define MATRIX \
    {"ci", "policy-version", "{\"policy\": {\"id\": \"matrix\", \"version\": \"1\"}," \
     " \"kind\": \"approval-matrix\", \"parameters\": {\"quorum\": 1, \"role_quorum\":" \
     " {\"approver\": 1}, \"token_lifetime_s\": 900, \"request_lifetime_s\": 7200," \
     " \"multi_factor_required\": true}}", NULL}
#define TIMES(begin, end) "\"started_at_ms\": \"@now" begin "\", \"ended_at_ms\": \"@now" end "\""
#define AGENT(node, agent, role) \
    JSON_NODE(node, "agent", "ok", "", "", \
              ", \"agent_id\": \"" agent "\", \"agent_role\": \"" role "\"")

static const struct rule_scenario rows[] = {
    {"M1", "already-closed", "A second manifest is flagged, even an equal one.",
     RULE_STEPS({"engine", "run-manifest", "{}", NULL}), "engine", "run-manifest", "{}",
     "{" RULE_RUN_2 "}"},
    {"M4", "model-set-mismatch", "A model that was used is listed.", NULL, "engine",
     "run-manifest", "{" CALLS("m", "m") "}", "{" CALLS("m", "m") ", " MODELS(JSON_MODEL("m")) "}"},
    {"M4", "model-set-mismatch", "So is the one that answered instead.", NULL, "engine",
     "run-manifest", "{" CALLS("m", "n") ", " MODELS(JSON_MODEL("m")) "}",
     "{" CALLS("m", "n") ", " MODELS(JSON_MODEL("n") ", " JSON_MODEL("m")) "}"},
    {"M4", "model-set-mismatch", "A model that was not used is not listed.", NULL, "engine",
     "run-manifest", "{" CALLS("m", "m") ", " MODELS(JSON_MODEL("n") ", " JSON_MODEL("m")) "}",
     "{" CALLS("m", "m") ", " MODELS(JSON_MODEL("m") ", " JSON_MODEL("m")) "}"},
    {"M5", "tally-mismatch", "Events are counted.",
     RULE_STEPS({"engine", "execution-event", "{}", NULL}), "engine", "run-manifest", "{}",
     "{" RULE_RUN_2 "}"},
    {"M5", "tally-mismatch", "An event that is not in the log is no event.", NULL, "engine",
     "run-manifest", "{" JSON_TALLY("1", EMPTY, "0", EMPTY) "}", "{}"},
    {"M5", "tally-mismatch", "Evaluations are counted apart.",
     RULE_STEPS({"engine", "policy-evaluation", "{}", NULL}), "engine", "run-manifest",
     "{" JSON_TALLY("1", EMPTY, "0", EMPTY) "}", "{" RULE_RUN_2 "}"},
    {"M5", "tally-mismatch", "The digest is over these events and no others.",
     RULE_STEPS({"engine", "execution-event", "{}", "event"}), "engine", "run-manifest",
     "{" JSON_TALLY("1", EMPTY, "0", EMPTY) "}", "{" RULE_RUN_2 "}"},
    {"M6", "policy-not-evaluated", "What the contract requires is evaluated in the run.",
     RULE_STEPS({"engine", "policy-evaluation", "{" RULE_RUN_2 "}", NULL}), "engine",
     "run-manifest", "{" WITH_CONTRACT "}", "{" RULE_RUN_2 ", " WITH_CONTRACT "}"},
    {"M6", "policy-not-evaluated", "A run that stopped need not have come so far.", NULL, "engine",
     "run-manifest", "{\"status\": \"partial\", " WITH_CONTRACT "}",
     "{\"status\": \"blocked\", " WITH_CONTRACT "}"},
    {"PO11", "request-missing", "What was routed to approval was asked for.",
     RULE_STEPS(ROUTE("a")), "engine", "run-manifest", "{}", "{" RULE_RUN_2 "}"},
    {"PO11", "request-missing", "A request for the node or the run will do.",
     RULE_STEPS(MATRIX, ROUTE("a"),
                {"engine", "policy-evaluation", "{" RULE_RUN_2 ", \"node_id\": \"b\","
                 " \"decision\": \"route\", \"remedy\": \"route-to-approval\"}", NULL},
                {"engine", "approval-request", "{" RULE_RUN_2 ", \"requester\": \"usr_trigger\","
                 " \"subject\": {\"kind\": \"node\", "
                 RULE_RUN_2 ", \"node_id\": \"b\"}}", NULL}),
     "engine", "run-manifest", "{}", "{" RULE_RUN_2 "}"},
    {"PO11", "request-missing", "So will one for another node that names the evaluation.",
     RULE_STEPS(MATRIX, ROUTE("a"),
                {"engine", "policy-evaluation", "{" RULE_RUN_2 ", \"node_id\": \"a\","
                 " \"decision\": \"route\", \"remedy\": \"route-to-approval\"}", "routed"},
                {"engine", "approval-request", "{" RULE_RUN_2 ", \"requester\": \"usr_trigger\","
                 " \"policy_evaluation\": \"@routed\", \"subject\": {\"kind\": \"node\", "
                 RULE_RUN_2 ", \"node_id\": \"b\"}}", NULL}),
     "engine", "run-manifest", "{}", "{" RULE_RUN_2 "}"},
    {"M12", "workflow-drift", "The digest is that of the published version.", NULL, "engine",
     "run-manifest", "{\"workflow\": {\"id\": \"review\", \"version\": \"1\", \"content\": "
     RULE_OTHER_DIGEST "}}", "{" RULE_WORKFLOW "}"},
    {"M15", "time-order", "A run ends after it begins.", NULL, "engine", "run-manifest",
     "{" TIMES("", "-1") "}", "{" TIMES("-1", "") "}"},
    {"M15", "time-order", "It begins after its run-start occurred.",
     RULE_STEPS({"engine", "run-start", "{}", NULL}), "engine", "run-manifest",
     "{" TIMES("-1", "") "}", "{" TIMES("", "+1") "}"},
    {"M15", "time-order", "Its nodes lie within it.", NULL, "engine", "run-manifest",
     "{" TIMES("+1", "+2") "}", "{" TIMES("-5", "+5") "}"},
    {"M16", "agent-sod", "At high risk an agent has one of the roles that check each other.", NULL,
     "engine", "run-manifest",
     "{\"risk\": \"high\", " JSON_NODES(AGENT("a", "x", "analyst") ", " AGENT("b", "x", "reviewer"))
     "}",
     "{\"risk\": \"high\", " JSON_NODES(AGENT("a", "x", "analyst") ", " AGENT("b", "y", "reviewer")
     ", " AGENT("c", "x", "analyst")) "}"},
    {"M16", "agent-sod", "At lower risk it may have two.", NULL, "engine", "run-manifest",
     "{\"risk\": \"critical\", " JSON_NODES(AGENT("a", "x", "executor") ", "
     AGENT("b", "x", "reviewer")) "}",
     "{\"risk\": \"medium\", " JSON_NODES(AGENT("a", "x", "executor") ", "
     AGENT("b", "x", "reviewer")) "}"},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_manifest, rules_manifest_count);
}
