/* The rules for incidents, access reviews, suppliers and tests, each holding and broken. */
#include "schemas/rules/families.h"

#include "tests/support/change_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct rule_world *new_world(enum profile profile)
{
    struct rule_world *world = change_world_new(profile);

    rule_world_issuer(world, "noc", "incident-manager");
    rule_world_issuer(world, "vendors", "vendor-manager");
    return world;
}

/* ---- incidents ---- */

#define PHASE(phase, more) "{\"phase\": \"" phase "\", \"severity\": \"sev3\"" more "}"
#define CAUSE ", \"root_cause\": \"a full disk\""
#define ACTIONS(member)                                                                            \
    ", \"corrective_actions\": [{\"id\": \"a\", \"owner\": \"usr_a\"" member "}]"
#define SEVERE(phase, more) "{\"phase\": \"" phase "\", \"severity\": \"sev2\"" more "}"

static void open_incident(struct rule_world *world)
{
    rule_world_must(world, "noc", "incident", PHASE("open", ""));
}

/* ---- access reviews ---- */

#define ITEM(who, verdict, more)                                                                   \
    "{\"principal_id\": \"" who "\", \"role\": \"approver\", \"verdict\": \"" verdict "\"" more "}"
#define ITEMS(items) "{\"review_items\": [" items "]}"

static void review_before(struct rule_world *world)
{
    rule_world_must(world, "idp", "access-review",
                    "{\"review_period\": {\"begins_at_ms\": 1, \"ends_at_ms\": 1797000000000}}");
}

#define PERIOD(begins)                                                                             \
    "{\"review_period\": {\"begins_at_ms\": " begins ", \"ends_at_ms\": 1800000000000}}"

/* ---- suppliers ---- */

static void approve_supplier(struct rule_world *world)
{
    static const struct change_approval approval = {"supplier", "acme-ai", "1", DIGEST_1,
                                                    "production", "usr_approver", NULL};

    change_world_approve(world, &approval);
}

static void forbid_training(struct rule_world *world)
{
    rule_world_must(world, "ci", "policy-version",
                    "{\"environment\": \"test\", \"kind\": \"access\", \"policy\":"
                    " {\"id\": \"no-training\", \"version\": \"1\"}}");
}

#define TRAINS(environment)                                                                        \
    "{\"trains_on_customer_data\": true, \"environment\": \"" environment "\"}"

/* ---- tests ---- */

#define GRAPH                                                                                      \
    ", \"graph\": {\"planned_nodes\": [{\"node_id\": \"a\", \"kind\": \"tool\"},"                  \
    " {\"node_id\": \"b\", \"kind\": \"tool\"}], \"planned_edges\": []}"
#define DELTA(node) "{\"node_id\": \"" node "\", \"same\": true}"
#define REPLAY(deltas)                                                                             \
    "{\"kind\": \"replay\", \"original_run_id\": \"" APPROVAL_RUN_ID "\", \"deltas\": [" deltas "]}"
#define RESTORED(size, root)                                                                       \
    "{\"kind\": \"disaster-recovery-restore\", \"restored\": {\"from_region\": \"eu\","             \
    " \"to_region\": \"us\", \"size\": " size ", \"root\": \"" root "\"}}"

static void say_workflow(struct rule_world *world)
{
    rule_world_must(world, "ci", "workflow-change",
                    "{\"target\": {\"kind\": \"workflow\", \"to_version\": {\"id\": \"review\","
                    " \"version\": \"1\"}}" GRAPH "}");
}

static void say_anchor(struct rule_world *world)
{
    rule_world_must(world, NULL, "log-metadata",
                    "{\"operation\": \"anchor\", \"admission_rules\": null, \"anchor\": {\"kind\":"
                    " \"print\", \"size\": 7, \"root\": \"" DIGEST_1 "\", \"location\": \"safe\"}}");
}

static const struct rule_row rows[] = {
    {"I1", "incident-unopened", "noc", "incident", PHASE("open", ""), PHASE("contain", ""), NULL,
     NULL},
    {"I1", "incident-incomplete", "noc", "incident",
     PHASE("close", CAUSE ACTIONS(", \"done_at_ms\": 1")), PHASE("close", CAUSE ACTIONS("")),
     "/corrective_actions", open_incident},
    {"I2", "time-order", "noc", "incident", PHASE("contain", ""),
     PHASE("contain", ", \"occurred_at_ms\": \"@now-1\""), NULL, open_incident},
    {"I2", "drill-changed", "noc", "incident", PHASE("contain", ""),
     PHASE("contain", ", \"drill\": true"), NULL, open_incident},
    {"V1", "self-review", "idp", "access-review", "{}",
     ITEMS(ITEM("usr_reviewer", "keep", "")), "/review_items", NULL},
    {"V1", "population", "idp", "access-review", "{}",
     ITEMS(ITEM("usr_a", "keep", "") ", " ITEM("usr_b", "keep", "")), "/population/item_count",
     NULL},
    {"V1", "review-incomplete", "idp", "access-review",
     ITEMS(ITEM("usr_a", "revoke", ", \"done_at_ms\": 1")), ITEMS(ITEM("usr_a", "revoke", "")),
     "/review_items", NULL},
    {"V2", "review-gap", "idp", "access-review", PERIOD("1797000000000"), PERIOD("1797000000001"),
     NULL, review_before},
    {"SU1", "supplier-unapproved", "vendors", "supplier", "{\"approval\": \"@approval\"}", "{}",
     NULL, approve_supplier},
    {"SU2", "data-use-conflict", "vendors", "supplier", TRAINS("production"), TRAINS("test"), NULL,
     forbid_training},
    {"TR1", "schema", "lab", "test-result", "{\"outcome\": \"partial\", \"passed_count\": 2}",
     "{\"outcome\": \"pass\", \"passed_count\": 2}", "/passed_count", NULL},
    {"TR2", "replay-partial", "lab", "test-result", REPLAY(DELTA("a") ", " DELTA("b")),
     REPLAY(DELTA("a")), NULL, say_workflow},
    {"TR3", "dr-root-mismatch", "lab", "test-result", RESTORED("7", DIGEST_1),
     RESTORED("7", DIGEST_2), "/restored/root", say_anchor},
    {"TR3", "dr-root-unknown", "lab", "test-result", RESTORED("7", DIGEST_1),
     RESTORED("8", DIGEST_1), NULL, say_anchor},
};

/* Every rule lets the good record pass and objects to the bad one. */
static void rules_oversight_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), new_world);
    rule_rows_check_complete(rows, COUNT(rows), rules_oversight, rules_oversight_count);
}

static void assert_refused(struct rule_world *world, const char *issuer, const char *type,
                           const char *json, const char *code, const char *path)
{
    assert_false(rule_world_say(world, issuer, type, json));
    rule_world_assert_refused(world, type[0] == 'i' ? "I1" : "TR1", code, path);
}

/* I1: a close needs a cause and actions; a due day is as good as done. */
static void incident_close_parts(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    open_incident(world);
    assert_refused(world, "noc", "incident", PHASE("close", ACTIONS(", \"done_at_ms\": 1")),
                   "incident-incomplete", "/root_cause");
    assert_refused(world, "noc", "incident", PHASE("close", CAUSE), "incident-incomplete",
                   "/corrective_actions");
    rule_world_must(world, "noc", "incident",
                    PHASE("close", CAUSE ACTIONS(", \"due_at_ms\": 1900000000000")));
    rule_world_free(world);
}

/* I1: a severe incident closes after an improvement that patched a policy or added a test. */
static void incident_close_severe(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);
    const char *closing = SEVERE("close", CAUSE ACTIONS(", \"done_at_ms\": 1"));

    (void)state;
    open_incident(world);
    assert_refused(world, "noc", "incident", closing, "incident-incomplete", "/phase");
    rule_world_must(world, "noc", "incident",
                    SEVERE("improve", ACTIONS(", \"kind\": \"rotate-key\"")));
    assert_refused(world, "noc", "incident", closing, "incident-incomplete", "/phase");
    rule_world_must(world, "noc", "incident",
                    SEVERE("improve", ACTIONS(", \"kind\": \"test-added\"")));
    rule_world_must(world, "noc", "incident", closing);
    rule_world_free(world);
}

/* V1: a review that goes on may have things left to do. */
static void review_not_completed(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "idp", "access-review",
                    "{\"completed\": false, \"review_items\": [" ITEM("usr_a", "modify", "") "]}");
    rule_world_free(world);
}

/* SU1: retiring a supplier needs no approval. */
static void supplier_retired(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "vendors", "supplier", "{\"operation\": \"retire\"}");
    assert_string_equal(rule_world_verdict(world), "");
    rule_world_free(world);
}

/* SU2: the tenants the record names are asked, not only its own. */
static void training_of_other_tenant(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    forbid_training(world);
    rule_world_must(world, "vendors", "supplier",
                    "{\"tenant\": \"other\", \"trains_on_customer_data\": true,"
                    " \"environment\": \"test\", \"tenants\": [\"other\", \"acme\"]}");
    assert_true(rule_world_is_flagged(world, "SU2", "data-use-conflict"));
    rule_world_free(world);
}

/* TR1: more than all cannot pass, whatever the outcome. */
static void test_counts(void **state)
{
    struct rule_world *world = new_world(PROFILE_OBSERVE);

    (void)state;
    assert_refused(world, "lab", "test-result", "{\"outcome\": \"fail\", \"passed_count\": 4}",
                   "schema", "/passed_count");
    rule_world_must(world, "lab", "test-result", "{\"outcome\": \"fail\", \"passed_count\": 3}");
    rule_world_free(world);
}

/* TR2: a replay of nothing known, or without deltas, is partial. */
static void replay_of_unknown_run(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "lab", "test-result", "{\"kind\": \"replay\"}");
    assert_true(rule_world_is_flagged(world, "TR2", "replay-partial"));
    rule_world_must(world, "lab", "test-result",
                    "{\"kind\": \"replay\", \"original_run_id\": \"" APPROVAL_RUN_ID "\"}");
    assert_true(rule_world_is_flagged(world, "TR2", "replay-partial"));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_oversight_rows),     cmocka_unit_test(incident_close_parts),
        cmocka_unit_test(incident_close_severe),    cmocka_unit_test(review_not_completed),
        cmocka_unit_test(supplier_retired),         cmocka_unit_test(training_of_other_tenant),
        cmocka_unit_test(test_counts),              cmocka_unit_test(replay_of_unknown_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
