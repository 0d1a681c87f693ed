#include "tests/support/run_rule_world.h"

#include "tests/support/cmocka_all.h"

static void say(struct rule_world *world, const char *issuer, const char *type, const char *json)
{
    if (!rule_world_say(world, issuer, type, json))
        fail_msg("%s: %s", json, rule_world_verdict(world));
}

void run_rule_world_prepare(struct rule_world *world)
{
    rule_world_issuer(world, "engine", "engine");
    rule_world_issuer(world, "ci", "change-manager");
    rule_world_issuer(world, "idp", "identity-provider");
    say(world, "idp", "identity",
        "{\"principal\": {\"kind\": \"human\", \"id\": \"usr_trigger\"},"
        " \"scopes\": [\"trigger:review\", \"replay\"]}");
    say(world, "idp", "identity",
        "{\"principal\": {\"kind\": \"agent\", \"id\": \"agt_1\"}, \"scopes\": [\"pay\", \"read\"]}");
    say(world, "ci", "workflow-change",
        "{\"operation\": \"publish\", \"contract\": {\"expected_inputs\": [{\"artifact_id\": \"a\","
        " \"maximum_age_s\": 60}], \"expected_output\": \"decision\", \"decision_supported\": \"d\","
        " \"risk\": \"medium\", \"required_policies\": [\"pii\"]}, \"graph\": {\"planned_nodes\": ["
        "{\"node_id\": \"fetch\", \"kind\": \"retrieval\"},"
        "{\"node_id\": \"gate\", \"kind\": \"policy\"},"
        "{\"node_id\": \"step\", \"kind\": \"model\"},"
        "{\"node_id\": \"done\", \"kind\": \"transform\"}], \"planned_edges\": []}}");
    say(world, "ci", "policy-version", "{}");
}
