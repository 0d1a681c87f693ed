/* The rules for versions of policies, each holding and broken. */
#include "schemas/rules/families.h"

#include "tests/support/change_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAMED(version) "\"policy\": {\"id\": \"pii\", \"version\": \"" version "\"}"
#define TEST_ENVIRONMENT ", \"environment\": \"test\""
#define REPLACES(version) ", \"replaces\": {\"id\": \"pii\", \"version\": \"" version "\"}"
#define IN_TEST(version, more) "{" NAMED(version) TEST_ENVIRONMENT more "}"

static void say_first(struct rule_world *world)
{
    rule_world_must(world, "ci", "policy-version", IN_TEST("1", ""));
}

static void approve(struct rule_world *world, const char *version, const char *first,
                    const char *second)
{
    struct change_approval approval = {"policy-version", "pii", version, DIGEST_2,
                                       "production",     first, second};

    change_world_approve(world, &approval);
}

static void approve_by_steward(struct rule_world *world)
{
    approve(world, "1", "usr_steward", NULL);
}

static void test_for_other_tenant(struct rule_world *world)
{
    approve_by_steward(world);
    rule_world_must(world, "lab", "test-result",
                    "{\"tenant\": \"other\", \"subject\": {\"kind\": \"policy-version\", \"object\":"
                    " {\"id\": \"x\", \"version\": \"1\", \"content\": {\"algorithm\": \"sha-256\","
                    " \"digest\": \"" DIGEST_2 "\"}}}}");
}

#define FORM(digest)                                                                               \
    ", \"executable_form\": {\"algorithm\": \"sha-256\", \"digest\": \"" digest "\"}"

static void approve_untested_too(struct rule_world *world)
{
    struct change_approval approval = {"policy-version", "pii", "1", DIGEST_3,
                                       "production", "usr_steward", NULL};

    approve_by_steward(world);
    change_world_approve(world, &approval);
}

static void approve_by_one_and_two(struct rule_world *world)
{
    approve(world, "1", "usr_steward", "usr_steward2");
    approve(world, "2", "usr_steward", NULL);
}

#define CLAUSE(id)                                                                                 \
    "{\"clause_id\": \"" id "\", \"content\": {\"algorithm\": \"sha-256\", \"digest\": \"" DIGEST_1 \
    "\"}}"
#define MATRIX(parameters)                                                                         \
    IN_TEST("1", ", \"kind\": \"approval-matrix\", \"parameters\": {" parameters "}")
#define MATRIX_REST                                                                                \
    ", \"role_quorum\": {\"approver\": 1}, \"token_lifetime_s\": 86400,"                           \
    " \"request_lifetime_s\": 60, \"multi_factor_required\": false"
#define AUTO(more, parameters)                                                                     \
    ", \"kind\": \"auto-threshold\"" more ", \"parameters\": {" parameters "}"
#define ENDS ", \"ends_at_ms\": \"@now+1000\""
#define LIMITS                                                                                     \
    "\"auto_approval_maximum\": 1, \"auto_approval_unit\": \"EUR\", \"applies_to_risks\": [\"low\"]"
#define RETENTION(label, seconds)                                                                  \
    IN_TEST("1", ", \"kind\": \"retention\", \"labels\": {\"eu-ai-act\": \"" label                 \
                 "\"}, \"parameters\": {\"retention_s\": " seconds "}")

static const struct rule_row rows[] = {
    {"PO1", "version-reuse", "ci", "policy-version", IN_TEST("2", REPLACES("1")),
     IN_TEST("1", REPLACES("1")), "/policy/version", say_first},
    {"PO2", "not-successor", "ci", "policy-version", IN_TEST("2", REPLACES("1")),
     IN_TEST("2", ""), "/replaces/version", say_first},
    {"PO3", "retroactive", "ci", "policy-version",
     IN_TEST("1", ", \"effective_at_ms\": \"@now-300000\""),
     IN_TEST("1", ", \"effective_at_ms\": \"@now-300001\""), "/effective_at_ms", NULL},
    {"PO4", "unapproved-policy", "ci", "policy-version", "{" NAMED("1") "}", "{" NAMED("2") "}",
     "/approvals", approve_by_steward},
    {"PO4", "first-matrix", "ci", "policy-version", "{" NAMED("1") "}",
     "{\"tenant\": \"other\", " NAMED("1") ", \"kind\": \"approval-matrix\", \"parameters\":"
     " {\"quorum\": 1" MATRIX_REST "}}", NULL, test_for_other_tenant},
    {"PO4", "untested-policy", "ci", "policy-version", "{" NAMED("1") "}",
     "{" NAMED("1") FORM(DIGEST_3) "}", "/test_results", approve_untested_too},
    {"PO5", "clause-twice", "ci", "policy-version",
     IN_TEST("1", ", \"clauses\": [" CLAUSE("a") ", " CLAUSE("b") "]"),
     IN_TEST("1", ", \"clauses\": [" CLAUSE("a") ", " CLAUSE("a") "]"), "/clauses", NULL},
    {"PO6", "params", "ci", "policy-version", MATRIX("\"quorum\": 1" MATRIX_REST),
     MATRIX("\"quorum\": 0" MATRIX_REST), "/parameters/quorum", NULL},
    {"PO7", "threshold-unbounded", "ci", "policy-version", IN_TEST("1", AUTO(ENDS, LIMITS)),
     IN_TEST("1", AUTO("", LIMITS)), "/ends_at_ms", NULL},
    {"PO7", "threshold-unapproved", "ci", "policy-version", "{" NAMED("1") AUTO(ENDS, LIMITS) "}",
     "{" NAMED("2") AUTO(ENDS, LIMITS) "}", "/approvals", approve_by_one_and_two},
    {"PO8", "retention-below-floor", "ci", "policy-version", RETENTION("high-risk", "15811200"),
     RETENTION("high-risk", "15811199"), NULL, NULL},
};

/* Every rule lets the good record pass and objects to the bad one. */
static void rules_policy_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), change_world_new);
    rule_rows_check_complete(rows, COUNT(rows), rules_policy, rules_policy_count);
}

static void assert_refused(const char *json, const char *rule, const char *code, const char *path,
                           void (*prepare)(struct rule_world *world))
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    if (prepare != NULL)
        prepare(world);
    assert_false(rule_world_say(world, "ci", "policy-version", json));
    rule_world_assert_refused(world, rule, code, path);
    rule_world_free(world);
}

/* PO1: in an environment of its own a version is new; in production the same content may follow. */
static void version_by_environment(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    say_first(world);
    approve_by_steward(world);
    rule_world_must(world, "ci", "policy-version", "{" NAMED("1") "}");
    rule_world_free(world);
}

/* PO2: the first version replaces nothing, the next the newest and no older one. */
static void successor_of_the_newest(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    say_first(world);
    rule_world_must(world, "ci", "policy-version", IN_TEST("2", REPLACES("1")));
    assert_false(rule_world_say(world, "ci", "policy-version", IN_TEST("3", REPLACES("1"))));
    rule_world_assert_refused(world, "PO2", "not-successor", "/replaces/version");
    assert_false(rule_world_say(world, "ci", "policy-version",
                                IN_TEST("3", ", \"replaces\": {\"id\": \"other\","
                                             " \"version\": \"2\"}")));
    rule_world_assert_refused(world, "PO2", "not-successor", "/replaces/version");
    assert_false(rule_world_say(world, "ci", "policy-version", "{" NAMED("1") REPLACES("0") "}"));
    rule_world_assert_refused(world, "PO2", "not-successor", "/replaces");
    rule_world_free(world);
}

static void approve_by_no_steward(struct rule_world *world)
{
    approve(world, "1", "usr_approver", NULL);
}

static void approve_by_actor(struct rule_world *world)
{
    approve(world, "1", "usr_steward", "usr_steward2");
}

static void name_as_author(struct rule_world *world)
{
    approve_by_steward(world);
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_steward\"], \"target\": {\"kind\": \"policy-bundle\","
                    " \"to_version\": {\"id\": \"pii\", \"version\": \"1\"}}}");
}

/* PO4: approvers are stewards; neither the actor, nor whom it acts for, nor an author counts. */
static void policy_approved_by_whom(void **state)
{
    (void)state;
    assert_refused("{" NAMED("1") "}", "PO4", "unapproved-policy", "/approvals",
                   approve_by_no_steward);
    assert_refused("{\"actor\": {\"kind\": \"human\", \"id\": \"usr_steward\"}, " NAMED("1") "}",
                   "PO4", "unapproved-policy", "/approvals", approve_by_actor);
    assert_refused("{\"actor\": {\"kind\": \"service\", \"id\": \"ci\", \"on_behalf_of\":"
                   " \"usr_steward2\"}, " NAMED("1") "}",
                   "PO4", "unapproved-policy", "/approvals", approve_by_actor);
    assert_refused("{" NAMED("1") "}", "PO4", "unapproved-policy", "/approvals", name_as_author);
}

/* PO4: the second approval-matrix of a tenant is approved under the first. */
static void second_matrix_needs_approval(void **state)
{
    (void)state;
    assert_refused("{" NAMED("1") ", \"kind\": \"approval-matrix\", \"parameters\": {\"quorum\": 1"
                   MATRIX_REST "}}", "PO4", "unapproved-policy", "/approvals", NULL);
}

/* PO6: each parameter that requests and tokens are held against is there, within its limits. */
static void matrix_parameters(void **state)
{
    (void)state;
    assert_refused(MATRIX("\"quorum\": 17" MATRIX_REST), "PO6", "params", "/parameters/quorum",
                   NULL);
    assert_refused(MATRIX("\"quorum\": 1, \"role_quorum\": {}"), "PO6", "params",
                   "/parameters/role_quorum", NULL);
    assert_refused(MATRIX("\"quorum\": 1, \"role_quorum\": {\"a\": 1}, \"token_lifetime_s\": 86401"),
                   "PO6", "params", "/parameters/token_lifetime_s", NULL);
    assert_refused(MATRIX("\"quorum\": 1, \"role_quorum\": {\"a\": 1}, \"token_lifetime_s\": 1"),
                   "PO6", "params", "/parameters/request_lifetime_s", NULL);
    assert_refused(MATRIX("\"quorum\": 1, \"role_quorum\": {\"a\": 1}, \"token_lifetime_s\": 1,"
                          " \"request_lifetime_s\": 1"),
                   "PO6", "params", "/parameters/multi_factor_required", NULL);
}

/* PO7: a maximum with its unit, and risks that critical is none of. */
static void threshold_parameters(void **state)
{
    (void)state;
    assert_refused(IN_TEST("1", AUTO(ENDS, "")), "PO7", "threshold-unbounded",
                   "/parameters/auto_approval_maximum", NULL);
    assert_refused(IN_TEST("1", AUTO(ENDS, "\"auto_approval_maximum\": 1")), "PO7",
                   "threshold-unbounded", "/parameters/auto_approval_unit", NULL);
    assert_refused(IN_TEST("1", AUTO(ENDS, "\"auto_approval_maximum\": 1,"
                                           " \"auto_approval_unit\": \"EUR\"")),
                   "PO7", "threshold-unbounded", "/parameters/applies_to_risks", NULL);
    assert_refused(IN_TEST("1", AUTO(ENDS, "\"auto_approval_maximum\": 1, \"auto_approval_unit\":"
                                           " \"EUR\", \"applies_to_risks\": [\"critical\"]")),
                   "PO7", "threshold-unbounded", "/parameters/applies_to_risks", NULL);
}

/* PO8: without the label any time is one's own business. */
static void retention_without_label(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "ci", "policy-version", RETENTION("minimal", "60"));
    assert_false(rule_world_is_flagged(world, "PO8", "retention-below-floor"));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_policy_rows),
        cmocka_unit_test(version_by_environment),
        cmocka_unit_test(successor_of_the_newest),
        cmocka_unit_test(policy_approved_by_whom),
        cmocka_unit_test(second_matrix_needs_approval),
        cmocka_unit_test(matrix_parameters),
        cmocka_unit_test(threshold_parameters),
        cmocka_unit_test(retention_without_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
