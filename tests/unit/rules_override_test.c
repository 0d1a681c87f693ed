/* The rules for overrides and their reviews, and which overrides cover what. */
#include "schemas/rules/override_facts.h"

#include <stdio.h>

#include "schemas/rules/families.h"
#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW_MS UINT64_C(1800000000000)

#define HUMAN(id, amr)                                                                         \
    "{\"kind\": \"human\", \"id\": \"" id "\", \"authentication\":"                            \
    " {\"iss\": \"https://login.example\", \"amr\": [\"" amr "\"], \"auth_time\": \"@now_s\"}}"

static void override(struct rule_world *world)
{
    rule_world_must(world, "console", "override", "{}");
    rule_world_name(world, "override");
}

static void override_critical(struct rule_world *world)
{
    rule_world_must(world, "engine", "run-start",
                    "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\", \"risk\": \"critical\"}");
}

static void override_twice(struct rule_world *world)
{
    override(world);
    rule_world_must(world, "console", "override-review", "{}");
    rule_world_name(world, "review");
    override(world);
    rule_world_name(world, "second");
    rule_world_must(world, "console", "override-review", "{}");
    override(world);
}

static void override_long_ago(struct rule_world *world)
{
    rule_world_must(world, "console", "override",
                    "{\"occurred_at_ms\": \"@now-7200000\", \"expires_at_ms\": \"@now-3600000\","
                    " \"review_due_at_ms\": \"@now-1\"}");
    rule_world_name(world, "late");
    override(world);
}

static void override_and_incident(struct rule_world *world)
{
    rule_world_issuer(world, "soc", "incident-manager");
    rule_world_must(world, "soc", "incident", "{}");
    rule_world_name(world, "incident");
    override(world);
}

static const struct rule_row rows[] = {
    {"O1", "override-not-granted", "console", "override", "{}",
     "{\"actor\": " HUMAN("usr_approver", "mfa") "}", "/actor/id", NULL},
    {"O1", "reason-missing", "console", "override", "{}", "{\"reason\": {\"code\": \"outage\"}}",
     "/reason", NULL},
    {"O2", "review-unplanned", "console", "override", "{\"expires_at_ms\": \"@now+86400000\"}",
     "{\"expires_at_ms\": \"@now+86400001\"}", "/expires_at_ms", NULL},
    {"O3", "ref-missing", "console", "override", "{}",
     "{\"bypassed\": [{\"policy\": {\"id\": \"none\", \"version\": \"1\"}}]}", NULL, NULL},
    {"O4", "single-person-breakglass", "console", "override",
     "{\"subject\": {\"kind\": \"run\", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"},"
     " \"second_actor\": " HUMAN("usr_partner", "mfa") "}",
     "{\"subject\": {\"kind\": \"run\", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"},"
     " \"second_actor\": " HUMAN("usr_overrider", "mfa") "}",
     NULL, override_critical},
    {"O5", "not-human", "console", "override-review", "{}",
     "{\"actor\": {\"kind\": \"service\", \"id\": \"console\"}}", "/actor/kind", override},
    {"O5", "self-review", "console", "override-review", "{}",
     "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_overrider\"}}", "/actor/id", override},
    {"O5", "already-reviewed", "console", "override-review", "{}",
     "{\"override\": \"@second\"}", "/override", override_twice},
    {"O5", "review-late", "console", "override-review", "{}", "{\"override\": \"@late\"}", NULL,
     override_long_ago},
    {"O5", "incident-missing", "console", "override-review",
     "{\"verdict\": \"unjustified\", \"references\": [\"@incident\"]}",
     "{\"verdict\": \"unjustified\"}", "/references", override_and_incident},
};

/* Each rule lets the good pass, stops or flags the bad, and is what does it. */
static void rules_override_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), approval_world_new);
    rule_rows_check_complete(rows, COUNT(rows), rules_override, rules_override_count);
}

static void refused(struct rule_world *world, const char *type, const char *json,
                    const char *rule, const char *code)
{
    if (rule_world_say(world, "console", type, json))
        fail_msg("admitted: %s", json);
    rule_world_assert_refused(world, rule, code, NULL);
}

/* O1: a service, one factor, a scope that was revoked, an agent that has the scope. */
static void grant_refused(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    refused(world, "override", "{\"actor\": {\"kind\": \"service\", \"id\": \"usr_overrider\"}}",
            "O1", "override-not-granted");
    refused(world, "override", "{\"actor\": " HUMAN("usr_overrider", "pwd") "}", "O1",
            "override-not-granted");
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"grant\", \"scopes\": [\"override\"], \"principal\":"
                    " {\"kind\": \"agent\", \"id\": \"agent_worker\"}}");
    refused(world, "override", "{\"actor\": " HUMAN("agent_worker", "mfa") "}", "O1",
            "override-not-granted");
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"revoke\", \"scopes\": [\"override\"], \"principal\":"
                    " {\"kind\": \"human\", \"id\": \"usr_overrider\"}}");
    refused(world, "override", "{}", "O1", "override-not-granted");
    rule_world_free(world);
}

/* O2: the reviewer acted, or requested what is bypassed; a review too late, an end before it. */
static void review_unplanned(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{\"requester\": \"agent_worker\"}");
    refused(world, "override", "{\"reviewer\": \"usr_overrider\"}", "O2", "review-unplanned");
    refused(world, "override",
            "{\"reviewer\": \"usr_partner\", \"second_actor\": " HUMAN("usr_partner", "mfa") "}",
            "O2", "review-unplanned");
    refused(world, "override", "{\"bypassed\": [{\"approval_request\": \"@request\"}],"
                               " \"reviewer\": \"usr_requester\"}", "O2", "review-unplanned");
    refused(world, "override", "{\"review_due_at_ms\": \"@now+259200001\"}", "O2",
            "review-unplanned");
    refused(world, "override", "{\"expires_at_ms\": \"@now\"}", "O2", "review-unplanned");
    rule_world_must(world, "console", "override",
                    "{\"bypassed\": [{\"approval_request\": \"@request\"}]}");
    assert_false(rule_world_is_flagged(world, "O3", "ref-missing"));
    rule_world_free(world);
}

/* O4: a risk that the planned node has makes the override critical, too. */
static void second_by_planned_node(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "workflow-change",
                    "{\"environment\": \"test\", \"graph\": {\"planned_nodes\": [{\"node_id\":"
                    " \"step\", \"kind\": \"tool\", \"risk\": \"critical\"}],"
                    " \"planned_edges\": []}}");
    rule_world_must(world, "console", "override", "{}");
    assert_false(rule_world_is_flagged(world, "O4", "single-person-breakglass"));
    rule_world_must(world, "console", "override",
                    "{\"subject\": {\"kind\": \"node\", \"run_id\": \"" APPROVAL_RUN_ID "\","
                    " \"node_id\": \"step\"}}");
    assert_true(rule_world_is_flagged(world, "O4", "single-person-breakglass"));
    rule_world_free(world);
}

/* O5: the second person does not review either; an incident of the override is enough. */
static void review_by_second(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_STRICT);

    (void)state;
    override_and_incident(world);
    rule_world_must(world, "console", "override",
                    "{\"second_actor\": " HUMAN("usr_partner", "mfa") ","
                    " \"incident\": \"@incident\"}");
    rule_world_name(world, "override");
    refused(world, "override-review",
            "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_partner\"}}", "O5", "self-review");
    rule_world_must(world, "console", "override-review", "{\"verdict\": \"unjustified\"}");
    rule_world_free(world);
}

/* ---- what is covered ---- */

static struct override_place place_of(struct rule_world *world, const char *node_id,
                                      const struct run *run)
{
    return (struct override_place){
        .facts = rule_world_facts(world),
        .tenant = rule_world_tenant(world),
        .run_id = bytes_of(APPROVAL_RUN_ID_BYTES, sizeof(APPROVAL_RUN_ID_BYTES)),
        .node_id = bytes_of_text(node_id),
        .run = run,
    };
}

static struct run run_of_world(struct rule_world *world)
{
    struct run run;

    assert_true(run_get(rule_world_facts(world), rule_world_tenant(world),
                        bytes_of(APPROVAL_RUN_ID_BYTES, sizeof(APPROVAL_RUN_ID_BYTES)), &run));
    return run;
}

static bool excused(struct rule_world *world, const char *node_id, uint64_t at_ms)
{
    struct run run = run_of_world(world);
    struct override_place place = place_of(world, node_id, &run);
    struct override override;

    return override_excuses(&place, at_ms, at_ms, &override);
}

static bool stopped(struct rule_world *world, const char *node_id, uint64_t at_ms)
{
    struct run run = run_of_world(world);
    struct override_place place = place_of(world, node_id, &run);
    struct override override;

    return override_stops(&place, at_ms, &override);
}

/* From when it was made until it expires, in all of its run. */
static void override_excuses_run(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    assert_false(excused(world, "step", NOW_MS));
    override(world);
    assert_false(excused(world, "step", NOW_MS - 1));
    assert_true(excused(world, "step", NOW_MS));
    assert_true(excused(world, "other", NOW_MS + 3599999));
    assert_false(excused(world, "step", NOW_MS + 3600000));
    assert_false(stopped(world, "step", NOW_MS));
    rule_world_free(world);
}

/* An override of a node is one of that node and of nothing else, but somewhere in the run. */
static void override_excuses_node(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "console", "override",
                    "{\"subject\": {\"kind\": \"node\", \"run_id\": \"" APPROVAL_RUN_ID "\","
                    " \"node_id\": \"step\"}}");
    assert_true(excused(world, "step", NOW_MS));
    assert_false(excused(world, "other", NOW_MS));
    assert_true(excused(world, "", NOW_MS));
    rule_world_free(world);
}

/* An override of a version covers the runs of that version. */
static void override_excuses_version(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "console", "override",
                    "{\"subject\": {\"kind\": \"workflow-version\", \"object\":"
                    " {\"id\": \"review\", \"version\": \"2\"}}}");
    assert_false(excused(world, "step", NOW_MS));
    rule_world_must(world, "console", "override",
                    "{\"subject\": {\"kind\": \"workflow-version\", \"object\":"
                    " {\"id\": \"review\", \"version\": \"1\"}}}");
    assert_true(excused(world, "step", NOW_MS));
    rule_world_free(world);
}

/* An edited output takes the place of no approval; a kill switch stops. */
static void override_kinds(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "console", "override", "{\"kind\": \"edit-output\"}");
    assert_false(excused(world, "step", NOW_MS));
    rule_world_must(world, "console", "override", "{\"kind\": \"kill-switch\"}");
    assert_false(excused(world, "step", NOW_MS));
    assert_true(stopped(world, "step", NOW_MS));
    assert_false(stopped(world, "step", NOW_MS + 3600000));
    rule_world_free(world);
}

/* More kill switches than are looked at stop for good, instead of forgetting the first. */
static void override_stops_beyond_limit(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "console", "override", "{\"kind\": \"kill-switch\"}");
    for (unsigned i = 0; i < OVERRIDES_MAX; i++)
        rule_world_must(world, "console", "override",
                        "{\"kind\": \"kill-switch\", \"subject\": {\"kind\": \"node\","
                        " \"run_id\": \"" APPROVAL_RUN_ID "\", \"node_id\": \"other\"}}");
    assert_true(stopped(world, "step", NOW_MS));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_override_rows),
        cmocka_unit_test(grant_refused),
        cmocka_unit_test(review_unplanned),
        cmocka_unit_test(second_by_planned_node),
        cmocka_unit_test(review_by_second),
        cmocka_unit_test(override_excuses_run),
        cmocka_unit_test(override_excuses_node),
        cmocka_unit_test(override_excuses_version),
        cmocka_unit_test(override_kinds),
        cmocka_unit_test(override_stops_beyond_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
