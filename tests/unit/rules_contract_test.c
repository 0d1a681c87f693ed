/* The rules for what a published workflow promises, each holding and broken. */
#include "schemas/rules/families.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- workflows in pieces ---- */

#define OWNERS ", \"owners\": {\"owner\": \"usr_a\", \"reviewer\": \"usr_b\", \"steward\": \"usr_a\"}"
#define ONE_OWNER                                                                                  \
    ", \"owners\": {\"owner\": \"usr_a\", \"reviewer\": \"usr_a\", \"steward\": \"usr_a\"}"
#define CONTRACT(risk, more)                                                                       \
    ", \"contract\": {\"expected_output\": \"decision\", \"decision_supported\": \"x\","           \
    " \"risk\": \"" risk "\"" more "}"
#define NO_INPUTS ", \"expected_inputs\": []"
#define INPUT(more) ", \"expected_inputs\": [{\"artifact_id\": \"a\"" more "}]"
#define GRAPH(nodes, edges)                                                                        \
    ", \"graph\": {\"planned_nodes\": [" nodes "], \"planned_edges\": [" edges "]}"
#define NODE(id, kind) "{\"node_id\": \"" id "\", \"kind\": \"" kind "\"}"
#define EDGE(from, to) "{\"from_node_id\": \"" from "\", \"to_node_id\": \"" to "\"}"
#define PUBLISH(pieces) "{\"operation\": \"publish\", \"environment\": \"test\"" pieces "}"

#define NODES NODE("a", "tool") ", " NODE("b", "model") ", " NODE("c", "transform")
#define LOW CONTRACT("low", NO_INPUTS)
#define CHAIN GRAPH(NODES, EDGE("a", "b") ", " EDGE("b", "c"))
#define GOOD PUBLISH(LOW CHAIN OWNERS)

static struct rule_world *new_world(enum profile profile)
{
    struct rule_world *world = rule_world_new(profile);

    rule_world_issuer(world, "ci", "change-manager");
    return world;
}

static void say_policies(struct rule_world *world)
{
    rule_world_must(world, "ci", "policy-version",
                    "{\"environment\": \"test\", \"policy\": {\"id\": \"pii\", \"version\": \"1\"}}");
    rule_world_must(world, "ci", "policy-version",
                    "{\"environment\": \"test\", \"policy\": {\"id\": \"auto\", \"version\": \"1\"},"
                    " \"kind\": \"auto-threshold\", \"ends_at_ms\": \"@now+1000\", \"parameters\":"
                    " {\"auto_approval_maximum\": 1, \"auto_approval_unit\": \"EUR\","
                    " \"applies_to_risks\": [\"high\"]}}");
    rule_world_must(world, "ci", "policy-version",
                    "{\"environment\": \"test\", \"policy\": {\"id\": \"next\", \"version\": \"1\"},"
                    " \"effective_at_ms\": \"@now+1000\"}");
    rule_world_must(world, "ci", "workflow-change",
                    "{\"target\": {\"kind\": \"dataset-contract\", \"to_version\":"
                    " {\"id\": \"rows\", \"version\": \"3\"}}}");
}

#define REQUIRES(id) ", \"required_policies\": [\"" id "\"]"
#define SCHEMA(version) ", \"schema\": {\"id\": \"rows\", \"version\": \"" version "\"}"
#define TAGS(classification) ", \"tags\": [{\"data_classification\": \"" classification "\"}]"
#define HIGH_GRAPH GRAPH(NODE("a", "policy") ", " NODE("b", "human"), EDGE("a", "b"))

static const struct rule_row rows[] = {
    {"W5", "contract-missing", "ci", "workflow-change", GOOD, PUBLISH(CHAIN OWNERS), "/contract",
     NULL},
    {"W5", "owners", "ci", "workflow-change", GOOD, PUBLISH(LOW CHAIN ONE_OWNER), "/owners", NULL},
    {"W5", "dag-dangling", "ci", "workflow-change", GOOD,
     PUBLISH(LOW GRAPH(NODES, EDGE("a", "x")) OWNERS), "/graph/planned_edges", NULL},
    {"W5", "dag-cycle", "ci", "workflow-change", GOOD,
     PUBLISH(LOW GRAPH(NODES, EDGE("a", "b") ", " EDGE("b", "c") ", " EDGE("c", "b")) OWNERS),
     "/graph/planned_edges", NULL},
    {"W6", "policy-unknown", "ci", "workflow-change",
     PUBLISH(CONTRACT("low", NO_INPUTS REQUIRES("pii")) CHAIN OWNERS),
     PUBLISH(CONTRACT("low", NO_INPUTS REQUIRES("none")) CHAIN OWNERS),
     "/contract/required_policies", say_policies},
    {"W6", "schema-unknown", "ci", "workflow-change",
     PUBLISH(CONTRACT("low", INPUT(SCHEMA("3"))) CHAIN OWNERS),
     PUBLISH(CONTRACT("low", INPUT(SCHEMA("4"))) CHAIN OWNERS), "/contract/expected_inputs",
     say_policies},
    {"W7", "gate-missing", "ci", "workflow-change",
     PUBLISH(CONTRACT("high", NO_INPUTS) HIGH_GRAPH OWNERS),
     PUBLISH(CONTRACT("high", NO_INPUTS) CHAIN OWNERS), "/graph/planned_nodes", NULL},
};

/* Every rule lets the good record pass and objects to the bad one. */
static void rules_contract_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), new_world);
    rule_rows_check_complete(rows, COUNT(rows), rules_contract, rules_contract_count);
}

static void assert_refused(const char *json, const char *rule, const char *code, const char *path)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    say_policies(world);
    assert_false(rule_world_say(world, "ci", "workflow-change", json));
    rule_world_assert_refused(world, rule, code, path);
    rule_world_free(world);
}

static void assert_admitted(const char *json)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    say_policies(world);
    rule_world_must(world, "ci", "workflow-change", json);
    rule_world_free(world);
}

/* W5: a workflow without a graph, without owners, with a node twice is not published. */
static void published_parts_missing(void **state)
{
    (void)state;
    assert_refused(PUBLISH(LOW OWNERS), "W5", "contract-missing", "/graph");
    assert_refused(PUBLISH(LOW CHAIN), "W5", "owners", "/owners");
    assert_refused(PUBLISH(LOW GRAPH(NODES ", " NODE("a", "tool"), "") OWNERS), "W5",
                   "dag-dangling", "/graph/planned_nodes");
    assert_refused(PUBLISH(LOW GRAPH(NODES, EDGE("a", "a")) OWNERS), "W5", "dag-cycle",
                   "/graph/planned_edges");
}

/* W5: a draft may be unfinished, and what an earlier record said of the version counts. */
static void published_from_earlier_record(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "ci", "workflow-change", "{\"operation\": \"draft\"" LOW "}");
    rule_world_must(world, "ci", "workflow-change", "{\"operation\": \"modify\"" CHAIN OWNERS "}");
    rule_world_must(world, "ci", "workflow-change", PUBLISH(""));
    rule_world_free(world);
}

/* W5: what is no workflow needs no contract. */
static void published_prompt(void **state)
{
    (void)state;
    assert_admitted("{\"operation\": \"publish\", \"environment\": \"test\", \"target\":"
                    " {\"kind\": \"prompt\", \"to_version\": {\"id\": \"p\", \"version\": \"1\"}}}");
}

/* W6: a policy that takes effect later is not in force. */
static void policy_not_in_force(void **state)
{
    (void)state;
    assert_refused(PUBLISH(CONTRACT("low", NO_INPUTS REQUIRES("next")) CHAIN OWNERS), "W6",
                   "policy-unknown", "/contract/required_policies");
}

/* W7: an auto-threshold policy stands for the human node; nothing stands for the policy node. */
static void gates_of_high_risk(void **state)
{
    (void)state;
    assert_admitted(PUBLISH(CONTRACT("high", NO_INPUTS REQUIRES("auto"))
                                GRAPH(NODE("a", "policy"), "") OWNERS));
    assert_refused(PUBLISH(CONTRACT("critical", NO_INPUTS) GRAPH(NODE("a", "policy"), "") OWNERS),
                   "W7", "gate-missing", "/graph/planned_nodes");
    assert_refused(PUBLISH(CONTRACT("high", NO_INPUTS) GRAPH(NODE("a", "human"), "") OWNERS), "W7",
                   "gate-missing", "/graph/planned_nodes");
}

/* W7: confidential inputs need a policy that looks at content. */
static void gates_of_confidential_inputs(void **state)
{
    (void)state;
    assert_admitted(PUBLISH(CONTRACT("low", INPUT(TAGS("internal"))) CHAIN OWNERS));
    assert_admitted(
        PUBLISH(CONTRACT("low", INPUT(TAGS("restricted")) REQUIRES("pii")) CHAIN OWNERS));
    assert_refused(PUBLISH(CONTRACT("low", INPUT(TAGS("confidential"))) CHAIN OWNERS), "W7",
                   "gate-missing", "/contract/required_policies");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_contract_rows),
        cmocka_unit_test(published_parts_missing),
        cmocka_unit_test(published_from_earlier_record),
        cmocka_unit_test(published_prompt),
        cmocka_unit_test(policy_not_in_force),
        cmocka_unit_test(gates_of_high_risk),
        cmocka_unit_test(gates_of_confidential_inputs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
