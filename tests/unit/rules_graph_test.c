/* The rules for the shape of a run, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/manifest_json.h"
#include "tests/support/run_rule_world.h"

#define A JSON_STEP("a", "", "")
#define B JSON_STEP("b", "", "")
#define AB JSON_NODES(A ", " B)
#define DENY(node) \
    {"engine", "policy-evaluation", "{\"node_id\": \"" node "\", \"decision\": \"deny\"," \
     " \"remedy\": \"stop\"}", NULL}
#define ALLOW(node) {"engine", "policy-evaluation", "{\"node_id\": \"" node "\"}", NULL}
#define PART(number, json) \
    {"engine", "manifest-part", "{\"part_number\": " number json "}", "part-" number}
#define FEW_PARTS PART("0", ""), PART("0", ""), PART("0", ""), PART("0", "")
#define SOME_PARTS FEW_PARTS, FEW_PARTS, FEW_PARTS, FEW_PARTS

#define MATRIX \
    {"ci", "policy-version", "{\"policy\": {\"id\": \"matrix\", \"version\": \"1\"}," \
     " \"kind\": \"approval-matrix\", \"parameters\": {\"quorum\": 1, \"role_quorum\":" \
     " {\"approver\": 1}, \"token_lifetime_s\": 900, \"request_lifetime_s\": 7200," \
     " \"multi_factor_required\": true}}", NULL}
#define APPROVER \
    {"idp", "identity", "{\"principal\": {\"kind\": \"human\", \"id\": \"usr_approver\"}," \
     " \"roles\": [\"approver\"]}", NULL}
#define REQUEST(node) \
    {"engine", "approval-request", "{\"requester\": \"usr_trigger\", \"subject\": {\"kind\":" \
     " \"node\", " RULE_RUN_1 ", \"node_id\": \"" node "\"}}", "request"}
#define APPROVAL {"service", "approval", "{}", "approval"}
#define APPROVED(node) \
    JSON_NODE(node, "transform", "ok", "", "", ", \"approvals\": [\"@approval\"]")

static const struct rule_scenario rows[] = {
    {"M2", "parts-mismatch", "A manifest names the parts that were logged.",
     RULE_STEPS(PART("0", ", " JSON_NODES(A)), PART("1", ", " JSON_NODES(B))), "engine",
     "run-manifest",
     "{\"part_digests\": [\"@part-1/digest\", \"@part-0/digest\"]}",
     "{\"part_digests\": [\"@part-0/digest\", \"@part-1/digest\"]}"},
    {"M2", "parts-mismatch", "A part that was logged is not left out.",
     RULE_STEPS(PART("0", ", " JSON_NODES(A))), "engine", "run-manifest", "{}",
     "{\"part_digests\": [\"@part-0/digest\"]}"},
    {"M2", "parts-mismatch", "One that was not is not named.", NULL, "engine", "run-manifest",
     "{\"part_digests\": [\"" JSON_DIGEST_OF_NOTHING "\"]}", "{}"},
    {"M2", "dag-duplicate", "A node is there once.", NULL, "engine", "run-manifest",
     "{" JSON_NODES(A ", " A) "}", "{" AB "}"},
    {"M2", "dag-duplicate", "In parts and manifest together.",
     RULE_STEPS(PART("0", ", " JSON_NODES(A))), "engine", "run-manifest", "{" JSON_NODES(A) "}",
     "{" JSON_NODES(B) "}"},
    {"M2", "dag-dangling", "An edge has nodes at both ends.", NULL, "engine", "run-manifest",
     "{" AB ", " JSON_EDGES(JSON_EDGE("a", "c")) "}",
     "{" AB ", " JSON_EDGES(JSON_EDGE("a", "b")) "}"},
    {"M2", "dag-dangling", "It may lead from a part to the manifest.",
     RULE_STEPS(PART("0", ", " JSON_NODES(A) ", " JSON_EDGES(JSON_EDGE("a", "b")))), "engine",
     "run-manifest", "{" JSON_NODES(JSON_STEP("c", "", "")) "}", "{" JSON_NODES(B) "}"},
    {"M2", "dag-cycle", "Data and control lead back to no node; a retry may.", NULL, "engine",
     "run-manifest",
     "{" AB ", " JSON_EDGES(JSON_EDGE("a", "b") ", " JSON_EDGE_OF("control", "b", "a")) "}",
     "{" AB ", " JSON_EDGES(JSON_EDGE("a", "b") ", " JSON_EDGE_OF("retry", "b", "a")) "}"},
    {"M2", "dag-cycle", "A cycle through a part is one.",
     RULE_STEPS(PART("0", ", " JSON_NODES(A) ", " JSON_EDGES(JSON_EDGE("a", "b")))), "engine",
     "run-manifest", "{" JSON_NODES(B) ", " JSON_EDGES(JSON_EDGE("b", "a")) "}",
     "{" JSON_NODES(B) "}"},
    {"M2", "dag-cycle", "No node leads to itself.", NULL, "engine", "run-manifest",
     "{" AB ", " JSON_EDGES(JSON_EDGE("a", "a")) "}", "{" AB "}"},
    {"M18", "policy-overruled", "Behind a denial nothing runs.", RULE_STEPS(DENY("a")), "engine",
     "run-manifest", "{" AB ", " JSON_EDGES(JSON_EDGE("a", "b")) "}",
     "{" JSON_NODES(A ", " JSON_NODE("b", "transform", "blocked", "", "", "")) ", "
     JSON_EDGES(JSON_EDGE("a", "b")) "}"},
    {"M18", "policy-overruled", "The last decision counts.", RULE_STEPS(ALLOW("a"), DENY("a")),
     "engine", "run-manifest", "{" AB ", " JSON_EDGES(JSON_EDGE("a", "b")) "}",
     "{" AB ", " JSON_EDGES(JSON_EDGE("b", "a")) "}"},
    {"M18", "policy-overruled", "A fallback is where a denial may lead.", RULE_STEPS(DENY("a")),
     "engine", "run-manifest",
     "{" AB ", " JSON_EDGES(JSON_EDGE_OF("control", "a", "b")) "}",
     "{" AB ", " JSON_EDGES(JSON_EDGE_OF("fallback", "a", "b")) "}"},
    {"M18", "policy-overruled", "What another policy allows does not help.",
     RULE_STEPS(DENY("a"), {"engine", "policy-evaluation",
                            "{\"node_id\": \"a\", \"policy\": {\"id\": \"other\","
                            " \"version\": \"1\"}}", NULL}, DENY("b"), ALLOW("b")),
     "engine", "run-manifest", "{" AB ", " JSON_EDGES(JSON_EDGE("a", "b")) "}",
     "{" AB ", " JSON_EDGES(JSON_EDGE("b", "a")) "}"},
    {"M18", "policy-overruled", "An override that was in force there explains it.",
     RULE_STEPS(DENY("a"),
                {"engine", "policy-evaluation",
                 "{" RULE_RUN_2 ", \"node_id\": \"a\", \"decision\": \"deny\","
                 " \"remedy\": \"stop\"}", NULL},
                {"console", "override",
                 "{\"subject\": {\"kind\": \"run\", " RULE_RUN_2 "}}", NULL}),
     "engine", "run-manifest", "{" AB ", " JSON_EDGES(JSON_EDGE("a", "b")) "}",
     "{" RULE_RUN_2 ", " AB ", " JSON_EDGES(JSON_EDGE("a", "b")) "}"},
    {"M18", "policy-overruled", "So does an approval, given for that node.",
     RULE_STEPS(DENY("a"), MATRIX, APPROVER, REQUEST("b"), APPROVAL), "engine", "run-manifest",
     "{" JSON_NODES(A ", " APPROVED("c")) ", " JSON_EDGES(JSON_EDGE("a", "c")) "}",
     "{" JSON_NODES(A ", " APPROVED("b")) ", " JSON_EDGES(JSON_EDGE("a", "b")) "}"},
    {"M18", "policy-overruled", "An approval that was only asked for does not.",
     RULE_STEPS(DENY("a"), MATRIX, APPROVER, REQUEST("b")), "engine", "run-manifest",
     "{" JSON_NODES(A ", " JSON_NODE("b", "transform", "ok", "", "",
                                     ", \"approvals\": [\"@request\"]")) ", "
     JSON_EDGES(JSON_EDGE("a", "b")) "}",
     "{" JSON_NODES(A ", " B) "}"},
    {"M2", "dag-too-large", "More parts than are kept cannot be checked.",
     RULE_STEPS(SOME_PARTS, SOME_PARTS, SOME_PARTS, SOME_PARTS, PART("0", "")), "engine",
     "run-manifest", "{}", "{" RULE_RUN_2 "}"},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_graph, rules_graph_count);
}
