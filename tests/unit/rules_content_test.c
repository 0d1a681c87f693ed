/* The rules for what every record says, each holding and broken. */
#include "schemas/rules/families.h"

#include <string.h>

#include "schemas/rules/vocabulary.h"
#include "tests/support/change_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))


/* An issuer for each of the record types used here, and one that may bring old records. */
static struct rule_world *new_world(enum profile profile)
{
    struct rule_world *world = change_world_new(profile);

    rule_world_issuer(world, "ci", "tester");
    rule_world_issuer(world, "importer", "tester,importer");
    return world;
}

static void say_test(struct rule_world *world)
{
    rule_world_must(world, "ci", "test-result", "{}");
    rule_world_name(world, "test");
}

static void register_owned_agent(struct rule_world *world)
{
    rule_world_must(world, "idp", "identity",
                    "{\"principal\": {\"kind\": \"agent\", \"id\": \"agt_1\","
                    " \"on_behalf_of\": \"usr_1\"}}");
}

#define CONTROL_MAP(version, clause)                                                               \
    "{\"policy\": {\"id\": \"controls\", \"version\": \"" version "\"}, \"kind\": \"control-map\"," \
    " \"clauses\": [{\"clause_id\": \"" clause "\", \"content\": {\"algorithm\": \"sha-256\","      \
    " \"digest\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}}]}"

static void say_control_map(struct rule_world *world)
{
    static const struct change_approval approval = {
        "policy-version", "controls", "1", DIGEST_2, "production", "usr_steward", NULL};

    change_world_approve(world, &approval);
    rule_world_must(world, "ci", "policy-version", CONTROL_MAP("1", "ACME-7"));
}

#define TAGGED(classification, algorithm)                                                          \
    "{\"outputs\": [{\"artifact_id\": \"a\","              \
    " \"tags\": [{\"data_classification\": \"" classification "\"}], \"content\":"                  \
    " {\"algorithm\": \"" algorithm "\","                                                           \
    " \"digest\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}}]}"

#define REPORT(media_type, algorithm)                                                              \
    "{\"attachments\": [{\"media_type\": \"" media_type "\", \"algorithm\": \"" algorithm "\","     \
    " \"digest\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}]}"

#define AGENT "\"actor\": {\"kind\": \"agent\", \"id\": \"agt_1\""

static const struct rule_row rows[] = {
    {"G7", "ts-future", "ci", "test-result", "{\"occurred_at_ms\": \"@now+300000\"}",
     "{\"occurred_at_ms\": \"@now+300001\"}", "/occurred_at_ms", NULL},
    {"G7", "late", "ci", "test-result", "{\"occurred_at_ms\": \"@now-86400000\"}",
     "{\"occurred_at_ms\": \"@now-86400001\"}", NULL, NULL},
    {"G7", "imported", "importer", "test-result", "{\"occurred_at_ms\": \"@now-2592000000\"}",
     "{\"occurred_at_ms\": \"@now-2592000001\"}", NULL, NULL},
    {"G7", "not-importer", "ci", "test-result", "{\"occurred_at_ms\": \"@now-2592000000\"}",
     "{\"occurred_at_ms\": \"@now-2592000001\"}", "/occurred_at_ms", NULL},
    {"G8", "ref-missing", "ci", "workflow-change", "{\"test_results\": [\"@test\"]}",
     "{\"test_results\": [\"@test\", {\"record_id\": \"AAAAAAAAAAAAAAAAAAAAAA\","
     " \"record_digest\": \"@test/digest\"}]}",
     "/test_results/1", say_test},
    {"G8", "ref-dangling", "ci", "test-result", "{\"references\": [\"@test\"]}",
     "{\"references\": [{\"record_id\": \"@test/id\", \"iss\": \"importer\"}]}", NULL, say_test},
    {"G8", "ref-undigested", "ci", "workflow-change", "{\"test_results\": [\"@test\"]}",
     "{\"test_results\": [{\"record_id\": \"@test/id\"}]}", "/test_results/0", say_test},
    {"G9", "pii-in-clear", "ci", "test-result", "{\"labels\": {\"ticket\": \"OPS-1\"}}",
     "{\"labels\": {\"ticket\": \"ask ann@example.com\"}}", "/labels/ticket", NULL},
    {"G9", "unsalted", "ci", "window",
     "{\"attachments\": [{\"media_type\": \"text/plain\", \"algorithm\": \"hmac-sha-256\","
     " \"digest\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}]}",
     REPORT("text/plain", "sha-256"), "/attachments/0", NULL},
    {"G10", "agent-unowned", "ci", "test-result", "{" AGENT ", \"on_behalf_of\": \"usr_1\"}}",
     "{" AGENT "}}", NULL, NULL},
    {"G11", "control-unknown", "ci", "test-result", "{\"controls\": [\"CC8.1\", \"ACME-7\"]}",
     "{\"controls\": [\"CC8.1\", \"ACME-8\"]}", NULL, say_control_map},
};

/* Every rule lets the good record pass and objects to the bad one, and nothing else does so in its
 * place. */
static void rules_content_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), new_world);
    rule_rows_check_complete(rows, COUNT(rows), rules_content, rules_content_count);
}

/* G7: a record has one age: an old one is not late as well. */
static void age_flags_exclude_each_other(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "importer", "test-result", "{\"occurred_at_ms\": \"@now-2678400000\"}");
    assert_string_equal(rule_world_verdict(world), "flags: G7 imported");
    rule_world_free(world);
}

/* G8: the digest, the type and the tenant count, not only the id. */
static void references_resolve_exactly(void **state)
{
    static const char *const bad[] = {
        "{\"test_results\": [{\"record_id\": \"@test/id\", \"record_digest\": \"@change/digest\"}]}",
        "{\"test_results\": [\"@change\"]}",
        "{\"test_results\": [\"@test\"], \"tenant\": \"other\"}",
    };
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    say_test(world);
    rule_world_must(world, "ci", "workflow-change", "{}");
    rule_world_name(world, "change");
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(rule_world_say(world, "ci", "workflow-change", bad[i]));
        rule_world_assert_refused(world, "G8", "ref-missing", "/test_results/0");
    }
    rule_world_free(world);
}

/* G8: a record earlier in the same statement is an earlier record. */
static void references_within_statement(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_add(world, "ci", "test-result", "{}");
    rule_world_name(world, "test");
    rule_world_add(world, "ci", "workflow-change", "{\"test_results\": [\"@test\"]}");
    assert_true(rule_world_submit(world, "ci"));
    rule_world_free(world);
}

/* G9: keys of free maps count as well, and the finding repeats nothing of what was found. */
static void personal_data_in_keys(void **state)
{
    struct rule_world *world = new_world(PROFILE_OBSERVE);

    (void)state;
    assert_false(rule_world_say(world, "ci", "test-result",
                                "{\"labels\": {\"ann@example.com\": \"x\"}}"));
    rule_world_assert_refused(world, "G9", "pii-in-clear", "/labels");
    assert_null(strstr(rule_world_verdict(world), "ann"));
    rule_world_free(world);
}

/* G9: the content of a sensitive artifact is a commitment, that of others need not be. */
static void unsalted_by_tags(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "engine", "execution-event", TAGGED("internal", "sha-256"));
    rule_world_must(world, "engine", "execution-event", TAGGED("restricted", "hmac-sha-256"));
    assert_false(rule_world_say(world, "engine", "execution-event", TAGGED("restricted", "sha-256")));
    rule_world_assert_refused(world, "G9", "unsalted", "/outputs/0/content");
    rule_world_free(world);
}

/* G9: documents of the organization itself need no commitment. */
static void unsalted_documents(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, "ci", "test-result", REPORT("text/plain", "sha-256"));
    rule_world_free(world);
}

/* G10: an owner in the agent's identity is enough. */
static void agent_owned_by_identity(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    register_owned_agent(world);
    rule_world_must(world, "ci", "test-result", "{" AGENT "}}");
    assert_false(rule_world_is_flagged(world, "G10", "agent-unowned"));
    rule_world_free(world);
}

/* G11: a control that the next control-map leaves out is no longer known. */
static void control_left_out(void **state)
{
    struct rule_world *world = new_world(PROFILE_OBSERVE);

    (void)state;
    say_control_map(world);
    rule_world_must(world, "ci", "policy-version", CONTROL_MAP("2", "ACME-9"));
    rule_world_must(world, "ci", "test-result", "{\"controls\": [\"ACME-9\"]}");
    assert_false(rule_world_is_flagged(world, "G11", "control-unknown"));
    rule_world_must(world, "ci", "test-result", "{\"controls\": [\"ACME-7\"]}");
    assert_true(rule_world_is_flagged(world, "G11", "control-unknown"));
    rule_world_free(world);
}

/* The published frameworks have exactly their numbers. */
static void control_is_published_ranges(void **state)
{
    (void)state;
    assert_true(control_is_published(bytes_of_text("CC6.8")));
    assert_false(control_is_published(bytes_of_text("CC6.9")));
    assert_false(control_is_published(bytes_of_text("CC6.0")));
    assert_false(control_is_published(bytes_of_text("CC6.08")));
    assert_false(control_is_published(bytes_of_text("CC6.")));
    assert_true(control_is_published(bytes_of_text("EU-AI-ACT:14")));
    assert_true(control_is_published(bytes_of_text("NIST-AI-RMF:MEASURE-2.13")));
    assert_true(control_is_published(bytes_of_text("ISO27001:A.8.34")));
    assert_false(control_is_published(bytes_of_text("cc6.1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_content_rows),
        cmocka_unit_test(age_flags_exclude_each_other),
        cmocka_unit_test(references_resolve_exactly),
        cmocka_unit_test(references_within_statement),
        cmocka_unit_test(personal_data_in_keys),
        cmocka_unit_test(unsalted_by_tags),
        cmocka_unit_test(unsalted_documents),
        cmocka_unit_test(agent_owned_by_identity),
        cmocka_unit_test(control_left_out),
        cmocka_unit_test(control_is_published_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
