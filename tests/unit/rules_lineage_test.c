/* The rule for where things come from, M3, broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/manifest_json.h"
#include "tests/support/run_rule_world.h"

#define X JSON_PORT("x")
#define MAKES JSON_STEP("a", "", X)
#define TAKES JSON_STEP("b", X, "")
#define NAMED \
    ", \"namespace\": \"s3\", \"name\": \"docs\", \"version\": \"7\""
#define PRIOR(run, artifact) \
    ", \"prior_artifact\": {\"run_id\": \"" run "\", \"artifact_id\": \"" artifact "\"}"
#define RUN_1 "AZpAAAAAAAAAAAAAAAAAAQ"
#define RUN_3 "AZpAAAAAAAAAAAAAAAAAAw"
#define OUTPUT_OF_RUN_1 \
    {"engine", "run-manifest", "{" JSON_ARTIFACTS(JSON_ARTIFACT( \
        "x", "run", ", \"content\": " JSON_DIGEST_1)) "}", NULL}
#define FROM(run, artifact, digest) \
    "{" RULE_RUN_2 ", " JSON_ARTIFACTS(JSON_ARTIFACT( \
        "x", "prior-run", PRIOR(run, artifact) ", \"content\": " digest)) ", " \
    JSON_NODES(TAKES) "}"

static const struct rule_scenario rows[] = {
    {"M3", "lineage-unresolved", "What comes from outside is identified by a digest.", NULL,
     "engine", "run-manifest",
     "{" JSON_NODES(TAKES) ", " JSON_ARTIFACTS(JSON_ARTIFACT("x", "external", "")) "}",
     "{" JSON_NODES(TAKES) ", "
     JSON_ARTIFACTS(JSON_ARTIFACT("x", "external", ", \"content\": " JSON_DIGEST_1)) "}"},
    {"M3", "lineage-unresolved", "Or by namespace, name and version.", NULL, "engine",
     "run-manifest",
     "{" JSON_NODES(TAKES) ", "
     JSON_ARTIFACTS(JSON_ARTIFACT("x", "external", ", \"name\": \"docs\"")) "}",
     "{" JSON_NODES(TAKES) ", " JSON_ARTIFACTS(JSON_ARTIFACT("x", "external", NAMED)) "}"},
    {"M3", "lineage-unresolved", "What nobody made and nobody lists comes from nowhere.", NULL,
     "engine", "run-manifest", "{" JSON_NODES(TAKES) "}",
     "{" JSON_NODES(MAKES ", " TAKES) ", " JSON_EDGES(JSON_EDGE("a", "b")) "}"},
    {"M3", "lineage-unresolved", "The node that made it comes before, over other nodes or not.",
     NULL, "engine", "run-manifest", "{" JSON_NODES(MAKES ", " TAKES) "}",
     "{" JSON_NODES(MAKES ", " TAKES ", " JSON_STEP("c", "", "")) ", "
     JSON_EDGES(JSON_EDGE("a", "c") ", " JSON_EDGE_OF("fallback", "c", "b")) "}"},
    {"M3", "lineage-unresolved", "It does not come after.", NULL, "engine", "run-manifest",
     "{" JSON_NODES(MAKES ", " TAKES) ", " JSON_EDGES(JSON_EDGE("b", "a")) "}",
     "{" JSON_NODES(TAKES ", " MAKES) ", " JSON_EDGES(JSON_EDGE("a", "b")) "}"},
    {"M3", "lineage-unresolved", "A retry does not make it come before.", NULL, "engine",
     "run-manifest",
     "{" JSON_NODES(MAKES ", " TAKES) ", " JSON_EDGES(JSON_EDGE_OF("retry", "a", "b")) "}",
     "{" JSON_NODES(MAKES ", " TAKES) ", " JSON_EDGES(JSON_EDGE_OF("control", "a", "b")) "}"},
    {"M3", "lineage-unresolved", "One node made it, not two.", NULL, "engine", "run-manifest",
     "{" JSON_NODES(MAKES ", " JSON_STEP("c", "", X) ", " TAKES) ", "
     JSON_EDGES(JSON_EDGE("a", "b") ", " JSON_EDGE("c", "b")) "}",
     "{" JSON_NODES(MAKES ", " JSON_STEP("c", "", JSON_PORT("y")) ", " TAKES) ", "
     JSON_EDGES(JSON_EDGE("a", "b") ", " JSON_EDGE("c", "b")) "}"},
    {"M3", "lineage-unresolved", "No node takes what it makes itself.", NULL, "engine",
     "run-manifest", "{" JSON_NODES(JSON_STEP("a", X, X)) "}", "{" JSON_NODES(MAKES) "}"},
    {"M3", "lineage-unresolved", "Nodes and artifacts of parts count.",
     RULE_STEPS({"engine", "manifest-part", "{" JSON_NODES(MAKES) "}", NULL}), "engine",
     "run-manifest", "{" JSON_NODES(TAKES) "}",
     "{" JSON_NODES(TAKES) ", " JSON_EDGES(JSON_EDGE("a", "b")) "}"},
    {"M3", "lineage-unresolved", "What is from an earlier run says from which.", NULL, "engine",
     "run-manifest",
     "{" JSON_NODES(TAKES) ", " JSON_ARTIFACTS(JSON_ARTIFACT("x", "prior-run", "")) "}",
     "{" JSON_NODES(TAKES) ", "
     JSON_ARTIFACTS(JSON_ARTIFACT("x", "prior-run", PRIOR(RUN_3, "x"))) "}"},
    {"M3", "prior-run-unknown", "The earlier run is in the log.", RULE_STEPS(OUTPUT_OF_RUN_1),
     "engine", "run-manifest", FROM(RUN_3, "x", JSON_DIGEST_1), FROM(RUN_1, "x", JSON_DIGEST_1)},
    {"M3", "prior-run-unknown", "It lists that artifact.", RULE_STEPS(OUTPUT_OF_RUN_1), "engine",
     "run-manifest", FROM(RUN_1, "y", JSON_DIGEST_1), FROM(RUN_1, "x", JSON_DIGEST_1)},
    {"M3", "prior-run-unknown", "It is closed.",
     RULE_STEPS(OUTPUT_OF_RUN_1, {"engine", "run-start", "{\"run_id\": \"" RUN_3 "\"}", NULL},
                {"engine", "manifest-part", "{\"run_id\": \"" RUN_3 "\", "
                 JSON_ARTIFACTS(JSON_ARTIFACT("x", "run", "")) "}", NULL}),
     "engine", "run-manifest", FROM(RUN_3, "x", JSON_DIGEST_1), FROM(RUN_1, "x", JSON_DIGEST_2)},
    {"M3", "prior-run-digest", "It is the same thing.", RULE_STEPS(OUTPUT_OF_RUN_1), "engine",
     "run-manifest", FROM(RUN_1, "x", JSON_DIGEST_2), FROM(RUN_1, "x", JSON_DIGEST_1)},
    {"M3", "prior-run-digest", "An artifact without a digest proves nothing.",
     RULE_STEPS({"engine", "run-manifest", "{" JSON_ARTIFACTS(JSON_ARTIFACT("x", "run", "")) "}",
                 NULL}),
     "engine", "run-manifest", FROM(RUN_1, "x", JSON_DIGEST_1), FROM(RUN_3, "x", JSON_DIGEST_1)},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_lineage, rules_lineage_count);
}
