#include "tests/support/run_rule_world.h"

void run_rule_world_prepare(struct rule_world *world)
{
    rule_world_issuer(world, "engine", "engine");
    rule_world_issuer(world, "ci", "change-manager");
    rule_world_issuer(world, "idp", "identity-provider");
    rule_world_issuer(world, "console", "override-console");
    rule_world_issuer(world, "vendors", "vendor-manager");
    rule_world_issuer(world, "service", "approval-service");
    rule_world_must(world, "idp", "identity",
                    "{\"principal\": {\"kind\": \"human\", \"id\": \"usr_trigger\"},"
                    " \"scopes\": [\"trigger:review\", \"replay\"]}");
    rule_world_must(world, "idp", "identity",
                    "{\"principal\": {\"kind\": \"agent\", \"id\": \"agt_1\"},"
                    " \"scopes\": [\"pay\", \"read\"]}");
    rule_world_must(world, "idp", "identity",
                    "{\"principal\": {\"kind\": \"human\", \"id\": \"usr_overrider\"},"
                    " \"scopes\": [\"override\"]}");
    rule_world_must(world, "ci", "workflow-change",
                    "{\"operation\": \"publish\", \"contract\": {\"expected_inputs\":"
                    " [{\"artifact_id\": \"a\", \"maximum_age_s\": 60}],"
                    " \"expected_output\": \"decision\", \"decision_supported\": \"d\","
                    " \"risk\": \"medium\", \"required_policies\": [\"pii\"]},"
                    " \"graph\": {\"planned_nodes\": ["
                    "{\"node_id\": \"fetch\", \"kind\": \"retrieval\"},"
                    "{\"node_id\": \"gate\", \"kind\": \"policy\"},"
                    "{\"node_id\": \"step\", \"kind\": \"model\"},"
                    "{\"node_id\": \"done\", \"kind\": \"transform\"}], \"planned_edges\": []}}");
    rule_world_must(world, "ci", "policy-version", "{}");
}
