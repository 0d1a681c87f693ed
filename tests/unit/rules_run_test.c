/* The rules for run-start records, each broken, kept and left out. */
#include "schemas/rules/families.h"

#include "tests/support/run_rule_world.h"

#define SECOND_RUN "{" RULE_RUN_2 ", \"mode\": \"live\", \"side_effect_key\": "

static const struct rule_scenario rows[] = {
    {"RU1", "run-exists", "A second run-start of a run is flagged.",
     RULE_STEPS({"engine", "run-start", "{}", NULL}), "engine", "run-start", "{}",
     "{" RULE_RUN_2 "}"},
    {"RU1", "run-exists", "So is one after the manifest.",
     RULE_STEPS({"engine", "run-manifest", "{}", NULL}), "engine", "run-start", "{}",
     "{" RULE_RUN_2 "}"},
    {"RU2", "unpublished-workflow", "Live in production needs a published version.", NULL, "engine",
     "run-start",
     "{" RULE_PRODUCTION ", \"workflow\": {\"id\": \"review\", \"version\": \"2\"}}",
     "{" RULE_LIVE "}"},
    {"RU2", "unpublished-workflow", "A test run does not.", NULL, "engine", "run-start",
     "{" RULE_PRODUCTION ", \"workflow\": {\"id\": \"other\", \"version\": \"1\"}}",
     "{\"environment\": \"test\", \"workflow\": {\"id\": \"other\", \"version\": \"1\"}}"},
    {"RU2", "workflow-drift", "The digest is that of the published version.", NULL, "engine",
     "run-start",
     "{" RULE_PRODUCTION ", \"workflow\": {\"id\": \"review\", \"version\": \"1\", \"content\": "
     RULE_OTHER_DIGEST "}}", "{" RULE_LIVE "}"},
    {"RU2", "workflow-drift", "Live in production, no digest is none.", NULL, "engine",
     "run-start", "{" RULE_PRODUCTION ", \"workflow\": {\"id\": \"review\", \"version\": \"1\"}}",
     "{\"mode\": \"dry-run\", \"environment\": \"production\"}"},
    {"RU3", "duplicate-side-effect", "A key that another run succeeded with is not used again.",
     RULE_STEPS({"engine", "run-start", "{\"side_effect_key\": \"k\"}", NULL},
                {"engine", "run-manifest", "{}", NULL}),
     "engine", "run-start", SECOND_RUN "\"k\"}", SECOND_RUN "\"other\"}"},
    {"RU3", "duplicate-side-effect", "A manifest may bring the key, and repeat it.",
     RULE_STEPS({"engine", "run-manifest", "{\"side_effect_key\": \"k\"}", NULL}),
     "engine", "run-manifest", SECOND_RUN "\"k\"}", "{\"side_effect_key\": \"k\"}"},
    {"RU3", "duplicate-side-effect", "Failed runs do not count, nor do other workflows.",
     RULE_STEPS({"engine", "run-manifest", "{\"status\": \"failed\", \"side_effect_key\": \"f\"}",
                 NULL},
                {"engine", "run-manifest", "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAw\","
                 " \"side_effect_key\": \"k\"}", NULL}),
     "engine", "run-start", SECOND_RUN "\"k\"}", SECOND_RUN "\"f\"}"},
    {"RU4", "parent-unknown", "The parent run is in the log.",
     RULE_STEPS({"engine", "execution-event", "{}", NULL}), "engine", "run-start",
     "{" RULE_RUN_2 ", \"parent_run\": {\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAw\"}}",
     "{" RULE_RUN_2 ", \"parent_run\": {" RULE_RUN_1 "}}"},
    {"RU4", "of-unknown", "The run that is repeated is in the log.",
     RULE_STEPS({"engine", "run-start", "{}", NULL}), "engine", "run-start",
     "{" RULE_RUN_2 ", \"mode\": \"replay\", \"original_run_id\": \"AZpAAAAAAAAAAAAAAAAAAw\"}",
     "{" RULE_RUN_2 ", \"mode\": \"replay\", \"original_run_id\": \"AZpAAAAAAAAAAAAAAAAAAQ\"}"},
    {"RU4", "of-unknown", "It has to be named, and is another run.",
     RULE_STEPS({"engine", "execution-event", "{}", NULL}), "engine", "run-start",
     "{\"mode\": \"simulate\", \"original_run_id\": \"AZpAAAAAAAAAAAAAAAAAAQ\"}", "{}"},
    {"RU5", "replay-unauthorised", "Replaying takes the scope replay.",
     RULE_STEPS({"engine", "run-start", "{}", NULL}), "engine", "run-start",
     "{" RULE_RUN_2 ", \"mode\": \"replay\", \"original_run_id\": \"AZpAAAAAAAAAAAAAAAAAAQ\","
     " \"trigger\": {\"kind\": \"replay\", \"triggered_by\": \"usr_other\"}}",
     "{" RULE_RUN_2 ", \"mode\": \"replay\", \"original_run_id\": \"AZpAAAAAAAAAAAAAAAAAAQ\"}"},
    {"RU6", "trigger-not-granted", "A stranger may not trigger a run.", NULL, "engine",
     "run-start", "{\"trigger\": {\"kind\": \"user\", \"triggered_by\": \"usr_other\"}}", "{}"},
    {"RU6", "trigger-not-granted", "The right is for one workflow or for all.",
     RULE_STEPS({"idp", "identity", "{\"scopes\": [\"trigger\"]}", NULL}), "engine", "run-start",
     "{\"workflow\": {\"id\": \"other\", \"version\": \"1\"}}",
     "{\"workflow\": {\"id\": \"other\", \"version\": \"1\"},"
     " \"trigger\": {\"kind\": \"user\", \"triggered_by\": \"usr_1\"}}"},
    {"RU7", "risk-downgraded", "A run has the risk of its contract, or more.", NULL, "engine",
     "run-start", "{\"risk\": \"low\"}", "{\"risk\": \"high\"}"},
};

int main(void)
{
    const struct rule_scenarios scenarios = {rows, sizeof(rows) / sizeof(rows[0]),
                                             run_rule_world_prepare};

    return rule_scenarios_run(&scenarios, rules_run, rules_run_count);
}
