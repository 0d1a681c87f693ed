/* The rules for what a manifest has to say of its run, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/manifest_json.h"
#include "tests/support/run_rule_world.h"

#define ONE(kind, status, more) JSON_NODES(JSON_NODE("step", kind, status, "", "", more))
#define SNAPSHOT(members) "\"environment_snapshot\": {" members "}"
#define IMAGE "\"container_image\": " JSON_DIGEST_1
#define DEPENDENCIES "\"dependencies\": " JSON_DIGEST_1
#define ENDPOINTS "\"endpoints\": [\"https://m\"]"
#define PROMPTS "\"prompts\": [{\"id\": \"sum\", \"version\": \"9\"}]"
#define CORPORA \
    "\"corpora\": [{\"id\": \"law\", \"version\": \"1\", \"index_build\": " JSON_DIGEST_1 "}]"
#define RESULT(kind, more) \
    "{\"result\": {\"kind\": \"" kind "\", \"content\": " JSON_DIGEST_1 more "}}"
#define JUDGED \
    ", \"score_bp\": 8700, \"explanation\": " JSON_DIGEST_1 "," \
    " \"evidence_artifact_ids\": [\"x\"], \"schema\": {\"id\": \"s\", \"version\": \"1\"}, \"schema_valid\": "
#define RULES ", \"rules_applied\": [{\"id\": \"r\", \"version\": \"1\"}]"
#define SOURCE(id, more) \
    JSON_ARTIFACTS(JSON_ARTIFACT(id, "external", ", \"content\": " JSON_DIGEST_1 more))
#define AGED(id, ms) SOURCE(id, ", \"fresh_at_ms\": \"@now-" ms "\"")
#define INVALID SOURCE("z", ", \"validation_status\": \"failed\"")

static const struct rule_scenario rows[] = {
    {"M9", "degradation-unlabelled", "A failed node in a run that succeeded is explained.", NULL,
     "engine", "run-manifest", "{" ONE("tool", "failed", "") "}",
     "{" ONE("tool", "failed", "") ", " JSON_DEGRADATION("tool-fallback") "}"},
    {"M9", "degradation-unlabelled", "So is a fallback; in a run that failed it need not be.",
     NULL, "engine", "run-manifest", "{" ONE("tool", "fallback", "") "}",
     "{" ONE("tool", "fallback", "") ", \"status\": \"failed\"}"},
    {"M9", "degradation-unlabelled", "A node skipped for a reason is a branch.", NULL, "engine",
     "run-manifest", "{" ONE("tool", "skipped", "") ", \"status\": \"partial\"}",
     "{" ONE("tool", "skipped", ", \"condition\": \"amount below limit\"") "}"},
    {"M9", "degradation-unlabelled", "A node of a part counts.",
     RULE_STEPS({"engine", "manifest-part",
                 "{" JSON_NODES(JSON_NODE("a", "tool", "failed", "", "", "")) "}", NULL}),
     "engine", "run-manifest", "{}", "{" RULE_RUN_2 "}"},
    {"M9", "degradation-unlabelled", "What an event said counts.",
     RULE_STEPS({"engine", "execution-event", "{\"event\": \"fallback\"}", NULL}), "engine",
     "run-manifest", "{}", "{" JSON_DEGRADATION("tool-fallback") "}"},
    {"M9", "degradation-unlabelled", "Invalid inputs count where they are used.", NULL, "engine",
     "run-manifest",
     "{" INVALID ", " JSON_NODES(JSON_STEP("step", JSON_PORT("z"), "")) "}", "{" INVALID "}"},
    {"M11", "result-incomplete", "A decision says all of it, a summary need not.", NULL, "engine",
     "run-manifest", RESULT("decision", JUDGED "true"), RESULT("decision", JUDGED "true" RULES)},
    {"M11", "result-incomplete", "It meets its schema.", NULL, "engine", "run-manifest",
     RESULT("action", JUDGED "false" RULES), RESULT("summary", "")},
    {"M13", "env-missing", "A live run in production says what it ran on.", NULL, "engine",
     "run-manifest", "{" RULE_LIVE ", " SNAPSHOT(IMAGE ", " ENDPOINTS) "}",
     "{" RULE_LIVE ", " SNAPSHOT(IMAGE ", " ENDPOINTS ", " DEPENDENCIES) "}"},
    {"M13", "env-missing", "With a model, by which prompts; its run-start may say it.",
     RULE_STEPS({"engine", "run-start", "{" RULE_RUN_2 ", " SNAPSHOT(PROMPTS) "}", NULL}),
     "engine", "run-manifest",
     "{" RULE_LIVE ", " ONE("model", "ok", "") ", "
     SNAPSHOT(IMAGE ", " ENDPOINTS ", " DEPENDENCIES) "}",
     "{" RULE_RUN_2 ", " RULE_LIVE ", " ONE("model", "ok", "") ", "
     SNAPSHOT(IMAGE ", \"gateway\": {\"id\": \"g\", \"version\": \"1\"}, " DEPENDENCIES) "}"},
    {"M13", "env-missing", "Only a call that takes a prompt asks for prompts.", NULL, "engine",
     "run-manifest",
     "{" RULE_LIVE ", " ONE("model", "ok", "") ", "
     SNAPSHOT(IMAGE ", " ENDPOINTS ", " DEPENDENCIES) "}",
     "{" RULE_LIVE ", " ONE("model", "ok", JSON_CALL("m", "m")) ", "
     SNAPSHOT(IMAGE ", " ENDPOINTS ", " DEPENDENCIES) "}"},
    {"M13", "corpus-unpinned", "Retrieval names its corpora.", NULL, "engine", "run-manifest",
     "{" ONE("retrieval", "ok", "") "}",
     "{" ONE("retrieval", "ok", "") ", " SNAPSHOT(CORPORA) "}"},
    {"M14", "stale-source-unlabelled", "A source is as fresh as the contract wants.", NULL,
     "engine", "run-manifest", "{" AGED("a", "61000") "}", "{" AGED("a", "60000") "}"},
    {"M14", "stale-source-unlabelled", "Or a degradation says it is not.", NULL, "engine",
     "run-manifest", "{" AGED("a", "99000") "}",
     "{" AGED("a", "99000") ", " JSON_DEGRADATION("source-stale") "}"},
    {"M14", "stale-source-unlabelled", "Other sources may be of any age.", NULL, "engine",
     "run-manifest", "{" AGED("a", "99000") "}", "{" AGED("b", "99000") "}"},
    {"M14", "stale-source-unlabelled", "What is not valid is named, or stops the run.", NULL,
     "engine", "run-manifest", "{" INVALID ", " JSON_DEGRADATION("low-confidence") "}",
     "{" INVALID ", \"status\": \"blocked\"}"},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_disclosure, rules_disclosure_count);
}
