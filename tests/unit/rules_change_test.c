/* The rules for changes of workflows and what they are made of, each holding and broken. */
#include "schemas/rules/families.h"

#include <string.h>

#include "tests/support/change_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TARGET(kind, version, digest)                                                              \
    "\"target\": {\"kind\": \"" kind "\", \"to_version\": {\"id\": \"review\", \"version\": \""    \
    version "\", \"content\": {\"algorithm\": \"sha-256\", \"digest\": \"" digest "\"}}}"
#define MADE_FROM(from, to)                                                                        \
    "\"target\": {\"kind\": \"prompt\", \"to_version\": {\"id\": \"review\", \"version\": \"" to   \
    "\"}, \"from_version\": {\"id\": \"review\", \"version\": \"" from "\"}}"
#define GRAPH(node)                                                                                \
    ", \"graph\": {\"planned_nodes\": [{\"node_id\": \"" node "\", \"kind\": \"tool\"}],"          \
    " \"planned_edges\": []}"
#define PROMPT TARGET("prompt", "1", DIGEST_1)
#define PUBLISH_PROMPT "{\"operation\": \"publish\", " PROMPT "}"

static void say_version(struct rule_world *world)
{
    rule_world_must(world, "ci", "workflow-change", "{}");
}

static void approve_prompt(struct rule_world *world, const char *digest, const char *environment,
                           const char *first)
{
    struct change_approval approval = {"prompt-version", "review", "1", digest,
                                       environment,      first,    NULL};

    change_world_approve(world, &approval);
}

static void test_and_approve(struct rule_world *world)
{
    change_world_test(world, "shadow", DIGEST_1);
    approve_prompt(world, DIGEST_1, "production", "usr_approver");
}

static void approve_untested_too(struct rule_world *world)
{
    test_and_approve(world);
    approve_prompt(world, DIGEST_3, "production", "usr_approver");
}

/* Version 1 is in use, in every environment asked about. */
static void publish_prompt(struct rule_world *world)
{
    test_and_approve(world);
    rule_world_must(world, "ci", "workflow-change", PUBLISH_PROMPT);
    rule_world_must(world, "ci", "workflow-change",
                    "{\"operation\": \"publish\", \"environment\": \"test\", " PROMPT "}");
}

static void open_incident(struct rule_world *world)
{
    publish_prompt(world);
    rule_world_issuer(world, "noc", "incident-manager");
    rule_world_must(world, "noc", "incident", "{}");
    rule_world_name(world, "incident");
}

static void ask_for_canaries(struct rule_world *world)
{
    rule_world_must(world, NULL, "log-metadata", "{\"thresholds\": {\"canary_risk\": 1}}");
    publish_prompt(world);
    rule_world_must(world, "ci", "workflow-change",
                    "{\"operation\": \"canary\", \"environment\": \"test\", " PROMPT "}");
}

#define ROLLBACK(references, more)                                                                 \
    "{\"operation\": \"rollback\", \"references\": " references ", \"rollout\": {\"extent\":"      \
    " \"all\"" more "}, " PROMPT "}"
#define BACK_TO ", \"rollback_version\": {\"id\": \"review\", \"version\": \"0\"}"

static const struct rule_row rows[] = {
    {"W1", "version-reuse", "ci", "workflow-change", "{}",
     "{" TARGET("workflow", "1", DIGEST_3) "}", "/target/to_version/content", say_version},
    {"W1", "stale-base", "ci", "workflow-change",
     "{\"operation\": \"canary\", " MADE_FROM("1", "2") "}",
     "{\"operation\": \"canary\", " MADE_FROM("0", "2") "}", NULL, publish_prompt},
    {"W2", "unapproved-publish", "ci", "workflow-change", PUBLISH_PROMPT,
     "{\"operation\": \"publish\", " TARGET("prompt", "2", DIGEST_1) "}", "/approvals",
     test_and_approve},
    {"W2", "unapproved-deploy", "ci", "workflow-change", "{\"operation\": \"deploy\", " PROMPT "}",
     "{\"operation\": \"deploy\", " TARGET("prompt", "2", DIGEST_1) "}", NULL, test_and_approve},
    {"W3", "material-mismatch", "ci", "workflow-change",
     "{\"material\": false, " TARGET("dependency", "1", DIGEST_1) "}",
     "{\"material\": false, " PROMPT "}", "/material", NULL},
    {"W4", "copilot-unattributed", "ci", "workflow-change",
     "{\"authorship\": \"copilot\", \"copilot\": {\"model\": {\"provider\": \"p\", \"name\": \"n\","
     " \"version\": \"1\"}, \"instructions\": {\"algorithm\": \"sha-256\", \"digest\": \"" DIGEST_1
     "\"}}}",
     "{\"authorship\": \"copilot\"}", "/copilot", NULL},
    {"W8", "rollback-unexplained", "ci", "workflow-change", ROLLBACK("[\"@incident\"]", BACK_TO),
     ROLLBACK("null", BACK_TO), NULL, open_incident},
    {"W9", "untested", "ci", "workflow-change", PUBLISH_PROMPT,
     "{\"operation\": \"publish\", " TARGET("prompt", "1", DIGEST_3) "}", "/test_results",
     approve_untested_too},
    {"W10", "no-canary", "ci", "workflow-change",
     "{\"operation\": \"promote\", \"environment\": \"test\", " PROMPT "}",
     "{\"operation\": \"promote\", " PROMPT "}", NULL, ask_for_canaries},
};

/* Every rule lets the good record pass and objects to the bad one. */
static void rules_change_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), change_world_new);
    rule_rows_check_complete(rows, COUNT(rows), rules_change, rules_change_count);
}

/* W1: contract and graph belong to the version as its digest does. */
static void version_has_one_graph(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "ci", "workflow-change", "{" PROMPT GRAPH("a") "}");
    rule_world_must(world, "ci", "workflow-change", "{" PROMPT GRAPH("a") "}");
    assert_false(rule_world_say(world, "ci", "workflow-change", "{" PROMPT GRAPH("b") "}"));
    rule_world_assert_refused(world, "W1", "version-reuse", "/graph");
    rule_world_free(world);
}

/* W1: a draft may be made from a version that is not in use. */
static void stale_base_of_drafts(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    publish_prompt(world);
    rule_world_must(world, "ci", "workflow-change", "{" MADE_FROM("0", "2") "}");
    assert_false(rule_world_is_flagged(world, "W1", "stale-base"));
    rule_world_free(world);
}

static void assert_unapproved(struct rule_world *world)
{
    assert_false(rule_world_say(world, "ci", "workflow-change", PUBLISH_PROMPT));
    rule_world_assert_refused(world, "W2", "unapproved-publish", "/approvals");
    rule_world_free(world);
}

/* W2: an approval of other content is not one of this content. */
static void publish_other_content(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    change_world_test(world, "shadow", DIGEST_1);
    approve_prompt(world, DIGEST_3, "production", "usr_approver");
    assert_unapproved(world);
}

/* W2: an approval for a test environment, under its matrix, is none for production. */
static void publish_approved_for_test(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    change_world_test(world, "shadow", DIGEST_1);
    approve_prompt(world, DIGEST_1, "test", "usr_approver");
    assert_unapproved(world);
}

/* W2: somebody who approved and then turns up among the authors spoils the approval. */
static void publish_approved_by_author(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    test_and_approve(world);
    assert_false(rule_world_say(world, "ci", "workflow-change",
                                "{\"operation\": \"publish\", \"authors\": [\"usr_author\","
                                " \"usr_approver\"], " PROMPT "}"));
    rule_world_assert_refused(world, "W2", "unapproved-publish", "/approvals");
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_approver\"], " PROMPT "}");
    assert_unapproved(world);
}

/* W2: an approval that ran out before the publication does not count. */
static void publish_after_expiry(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    test_and_approve(world);
    rule_world_advance(world, 3600 * 1000);
    assert_unapproved(world);
}

/* W2: as many people as the settings say, in one request. */
static void publish_quorum(void **state)
{
    static const struct change_approval approval = {
        "prompt-version", "review", "1", DIGEST_1, "production", "usr_approver", "usr_second"};
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, NULL, "log-metadata", "{\"thresholds\": {\"publish_quorum\": 2}}");
    test_and_approve(world);
    assert_false(rule_world_say(world, "ci", "workflow-change", PUBLISH_PROMPT));
    rule_world_assert_refused(world, "W2", "unapproved-publish", "/approvals");
    change_world_approve(world, &approval);
    rule_world_must(world, "ci", "workflow-change", PUBLISH_PROMPT);
    rule_world_free(world);
}

/* W2, W9: other environments need neither approval nor test. */
static void publish_outside_production(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "ci", "workflow-change",
                    "{\"operation\": \"publish\", \"environment\": \"staging\", " PROMPT "}");
    rule_world_free(world);
}

/* W3: a workflow with another graph than its base is changed materially. */
static void material_by_graph(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);
    const char *next = "{\"material\": false, \"target\": {\"kind\": \"workflow\", \"to_version\":"
                       " {\"id\": \"review\", \"version\": \"2\"}, \"from_version\":"
                       " {\"id\": \"review\", \"version\": \"1\"}}" GRAPH("b") "}";

    (void)state;
    rule_world_must(world, "ci", "workflow-change", "{" TARGET("workflow", "1", DIGEST_1)
                    GRAPH("a") "}");
    assert_false(rule_world_say(world, "ci", "workflow-change", next));
    rule_world_assert_refused(world, "W3", "material-mismatch", "/material");
    rule_world_free(world);
}

/* W4: a copilot alone, or with somebody nobody registered, is no author. */
static void copilot_without_human(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    assert_false(rule_world_say(world, "ci", "workflow-change",
                                "{\"authorship\": \"copilot\", \"authors\": [\"agent_worker\","
                                " \"usr_nobody\"], \"copilot\": {\"model\": {\"provider\": \"p\","
                                " \"name\": \"n\", \"version\": \"1\"}, \"instructions\":"
                                " {\"algorithm\": \"sha-256\", \"digest\": \"" DIGEST_1 "\"}}}"));
    rule_world_assert_refused(world, "W4", "copilot-unattributed", "/authors");
    rule_world_free(world);
}

static void assert_rollback_flagged(const char *json)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    open_incident(world);
    rule_world_must(world, "ci", "workflow-change", json);
    assert_true(rule_world_is_flagged(world, "W8", "rollback-unexplained"));
    rule_world_free(world);
}

/* W8: a rollback goes to what was in use and says where to go if it fails. */
static void rollback_to_nowhere(void **state)
{
    (void)state;
    assert_rollback_flagged(ROLLBACK("[\"@incident\"]", ""));
    assert_rollback_flagged("{\"operation\": \"rollback\", \"references\": [\"@incident\"],"
                            " \"rollout\": {\"extent\": \"all\"" BACK_TO "}, "
                            TARGET("prompt", "9", DIGEST_1) "}");
}

/* W8: an approval explains it too. */
static void rollback_approved(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    publish_prompt(world);
    rule_world_must(world, "ci", "workflow-change",
                    "{\"operation\": \"rollback\", \"approvals\": [\"@approval\"], \"rollout\":"
                    " {\"extent\": \"all\"" BACK_TO "}, " PROMPT "}");
    assert_false(rule_world_is_flagged(world, "W8", "rollback-unexplained"));
    rule_world_free(world);
}

/* W9: a test by the only author is not enough. */
static void tested_by_author(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    test_and_approve(world);
    assert_false(rule_world_say(world, "ci", "workflow-change",
                                "{\"operation\": \"publish\", \"authors\": [\"lab\"], " PROMPT "}"));
    rule_world_assert_refused(world, "W9", "untested", "/test_results");
    rule_world_free(world);
}

/* W10: no canary is asked for below the risk that the settings name, nor by default. */
static void canary_by_risk(void **state)
{
    struct rule_world *world = change_world_new(PROFILE_STRICT);

    (void)state;
    publish_prompt(world);
    rule_world_must(world, "ci", "workflow-change", "{\"operation\": \"promote\", " PROMPT "}");
    assert_false(rule_world_is_flagged(world, "W10", "no-canary"));
    rule_world_must(world, NULL, "log-metadata", "{\"thresholds\": {\"canary_risk\": 3}}");
    rule_world_must(world, "ci", "workflow-change",
                    "{\"operation\": \"promote\", \"environment\": \"test\", \"contract\":"
                    " {\"expected_inputs\": [], \"expected_output\": \"decision\","
                    " \"decision_supported\": \"x\", \"risk\": \"medium\"}, "
                    TARGET("prompt", "7", DIGEST_1) "}");
    rule_world_must(world, "ci", "workflow-change",
                    "{\"operation\": \"promote\", \"environment\": \"test\", "
                    TARGET("prompt", "7", DIGEST_1) "}");
    assert_false(rule_world_is_flagged(world, "W10", "no-canary"));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_change_rows),
        cmocka_unit_test(version_has_one_graph),
        cmocka_unit_test(stale_base_of_drafts),
        cmocka_unit_test(publish_other_content),
        cmocka_unit_test(publish_approved_for_test),
        cmocka_unit_test(publish_approved_by_author),
        cmocka_unit_test(publish_after_expiry),
        cmocka_unit_test(publish_quorum),
        cmocka_unit_test(publish_outside_production),
        cmocka_unit_test(material_by_graph),
        cmocka_unit_test(copilot_without_human),
        cmocka_unit_test(rollback_to_nowhere),
        cmocka_unit_test(rollback_approved),
        cmocka_unit_test(tested_by_author),
        cmocka_unit_test(canary_by_risk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
