/* The rules for restoration, holds, erasure and export, each holding and broken. */
#include "schemas/rules/families.h"

#include <stdio.h>

#include "schemas/rules/hold_facts.h"
#include "tests/support/change_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Aliases of data subjects, 32 bytes. */
#define ANN DIGEST_1
#define BOB DIGEST_2
#define RUN APPROVAL_RUN_ID
#define DAY_MS "86400000"

static struct rule_world *new_world(enum profile profile)
{
    struct rule_world *world = change_world_new(profile);

    rule_world_issuer(world, "privacy", "privacy");
    rule_world_issuer(world, "counsel", "legal");
    approval_world_person(world, "usr_restorer", NULL, "[\"restore\"]");
    approval_world_person(world, "usr_reader", NULL, "[\"evidence.read\"]");
    return world;
}

static void approve(struct rule_world *world)
{
    static const struct change_approval approval = {"restoration", "case", "1", DIGEST_1,
                                                    "production", "usr_approver", NULL};

    change_world_approve(world, &approval);
}

#define HOLD(id, selection)                                                                        \
    "{\"operation\": \"hold-place\", \"selection\": {\"hold_id\": \"" id "\"" selection "}}"
#define ON_ANN ", \"data_subject_keys\": [\"" ANN "\"]"
#define ON_RUN ", \"run_ids\": [\"" RUN "\"]"
#define RELEASE(id)                                                                                \
    "{\"operation\": \"hold-release\", \"selection\": {\"hold_id\": \"" id "\"},"                   \
    " \"approval\": \"@approval\"}"
#define ERASED(selection)                                                                          \
    "{\"operation\": \"erase-done\", \"erasure_request\": \"@erasure\", \"selection\": {" selection \
    "}}"
#define OF(who) "\"data_subject_keys\": [\"" who "\"]"

static void ask_for_erasure(struct rule_world *world)
{
    rule_world_must(world, "privacy", "lifecycle",
                    "{\"operation\": \"erase-request\", \"due_at_ms\": \"@now+1000\","
                    " \"selection\": {" OF(ANN) "}}");
    rule_world_name(world, "erasure");
}

static void hold_ann(struct rule_world *world)
{
    ask_for_erasure(world);
    rule_world_must(world, "counsel", "lifecycle", HOLD("case-1", ON_ANN));
}

static void hold_and_approve(struct rule_world *world)
{
    hold_ann(world);
    approve(world);
}

static void say_retention(struct rule_world *world)
{
    rule_world_must(world, "ci", "policy-version",
                    "{\"environment\": \"test\", \"policy\": {\"id\": \"keep\", \"version\": \"1\"},"
                    " \"kind\": \"retention\", \"parameters\": {\"retention_s\": 100}}");
}

#define DISPOSED(cutoff)                                                                           \
    "{\"operation\": \"dispose\", \"environment\": \"test\", \"policy\": {\"id\": \"keep\","         \
    " \"version\": \"1\"}, \"selection\": {\"cutoff_at_ms\": \"" cutoff "\"}}"
#define DISPOSALS(member)                                                                          \
    "{\"operation\": \"key-destroyed\", \"disposals\": [{" member "}]}"

static const struct rule_row rows[] = {
    {"DL1", "reason-missing", "privacy", "restoration", "{}", "{\"entity_counts\": {\"EMAIL\": 0}}",
     NULL, NULL},
    {"DL1", "restore-not-granted", "privacy", "restoration", "{}",
     "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_reader\"}}", NULL, NULL},
    {"DL1", "restore-unapproved", "privacy", "restoration", "{\"approval\": \"@approval\"}", "{}",
     NULL, approve},
    {"DL2", "vault-retention", "privacy", "restoration",
     "{\"expires_at_ms\": \"@now+" DAY_MS "\"}", "{\"expires_at_ms\": \"@now+86400001\"}", NULL,
     NULL},
    {"DL3", "erased-under-hold", "privacy", "lifecycle", ERASED(OF(BOB)), ERASED(OF(ANN)), NULL,
     hold_ann},
    {"DL4", "early-disposal", "privacy", "lifecycle", DISPOSED("@now-100000"),
     DISPOSED("@now-99000"), NULL, say_retention},
    {"DL5", "hold-role", NULL, NULL, NULL, NULL, NULL, NULL}, /* hold_by_whom */
    {"DL5", "release-unapproved", "counsel", "lifecycle", RELEASE("case-1"),
     "{\"operation\": \"hold-release\", \"selection\": {\"hold_id\": \"case-1\"}}", "/approval",
     hold_and_approve},
    {"DL6", "erasure-late", "privacy", "lifecycle", ERASED(OF(ANN)),
     "{\"operation\": \"erase-done\", \"selection\": {" OF(ANN) "}}", NULL, ask_for_erasure},
    {"DL7", "tree-immutable", "privacy", "lifecycle", DISPOSALS("\"store\": \"vault\""),
     DISPOSALS("\"record\": {\"record_id\": \"AAAAAAAAAAAAAAAAAAAAAA\"}"), "/disposals", NULL},
    {"X2", "export-not-granted", "privacy", "export", "{}",
     "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_restorer\"}}", NULL, NULL},
};

/* Every rule lets the good record pass and objects to the bad one; of hold-role the issuer makes the
 * difference, and it has a test of its own below. */
static void rules_data_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].good != NULL)
            rule_rows_check(&rows[i], 1, new_world);
    }
    rule_rows_check_complete(rows, COUNT(rows), rules_data, rules_data_count);
}

/* DL5: an issuer or an actor with the role legal places a hold, nobody else. */
static void hold_by_whom(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_issuer(world, "root", "admin");
    rule_world_must(world, "root", "identity",
                    "{\"operation\": \"grant\", \"roles\": [\"legal\"], \"principal\":"
                    " {\"kind\": \"human\", \"id\": \"usr_counsel\"}}");
    assert_false(rule_world_say(world, "privacy", "lifecycle", HOLD("case-1", ON_ANN)));
    rule_world_assert_refused(world, "DL5", "hold-role", "/actor/id");
    rule_world_must(world, "counsel", "lifecycle", HOLD("case-1", ON_ANN));
    rule_world_must(world, "privacy", "lifecycle",
                    "{\"operation\": \"hold-place\", \"selection\": {\"hold_id\": \"case-2\"},"
                    " \"actor\": {\"kind\": \"human\", \"id\": \"usr_counsel\"}}");
    rule_world_leave_out(world, "DL5", "hold-role");
    rule_world_must(world, "privacy", "lifecycle", HOLD("case-3", ON_ANN));
    rule_world_free(world);
    world = new_world(PROFILE_OBSERVE);
    rule_world_must(world, "privacy", "lifecycle", HOLD("case-1", ON_ANN));
    assert_true(rule_world_is_flagged(world, "DL5", "hold-role"));
    rule_world_free(world);
}

/* DL5: the approval of a release is by somebody other than who releases. */
static void release_approved_by_actor(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    hold_and_approve(world);
    assert_false(rule_world_say(world, "counsel", "lifecycle",
                                "{\"operation\": \"hold-release\", \"selection\": {\"hold_id\":"
                                " \"case-1\"}, \"approval\": \"@approval\", \"actor\":"
                                " {\"kind\": \"human\", \"id\": \"usr_approver\"}}"));
    rule_world_assert_refused(world, "DL5", "release-unapproved", "/approval");
    rule_world_free(world);
}

static void assert_held(struct rule_world *world, const char *json, bool held)
{
    rule_world_must(world, "privacy", "lifecycle", json);
    if (rule_world_is_flagged(world, "DL3", "erased-under-hold") != held)
        fail_msg("%s: %s", json, rule_world_verdict(world));
}

/* DL3: holds on a person, on a run and on everything; until each is released. */
static void hold_find_what_is_held(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    hold_and_approve(world);
    assert_held(world, ERASED(OF(BOB)), false);
    assert_held(world, ERASED("\"run_ids\": [\"" RUN "\"]"), false);
    assert_held(world, ERASED("\"cutoff_at_ms\": 1"), true); /* may be hers */
    rule_world_must(world, "counsel", "lifecycle", HOLD("case-2", ON_RUN));
    assert_held(world, ERASED(OF(BOB) ", \"run_ids\": [\"" RUN "\"]"), true);
    rule_world_must(world, "counsel", "lifecycle", RELEASE("case-1"));
    assert_held(world, ERASED(OF(ANN)), false);
    rule_world_must(world, "counsel", "lifecycle", HOLD("case-3", ""));
    assert_held(world, ERASED(OF(BOB)), true);
    rule_world_must(world, "counsel", "lifecycle", RELEASE("case-3"));
    assert_held(world, ERASED(OF(BOB)), false);
    rule_world_free(world);
}

/* DL3: a hold on one classification leaves the others alone, but not what has none. */
static void hold_find_by_classification(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    ask_for_erasure(world);
    rule_world_must(world, "counsel", "lifecycle",
                    HOLD("case-1", ", \"data_classification\": \"restricted\""));
    assert_held(world, ERASED(OF(BOB) ", \"data_classification\": \"internal\""), false);
    assert_held(world, ERASED(OF(BOB) ", \"data_classification\": \"restricted\""), true);
    assert_held(world, ERASED(OF(BOB)), true);
    rule_world_free(world);
}

/* DL3: beyond the limits of the lists everything counts as held. */
static void hold_find_too_many(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);
    char json[200];

    (void)state;
    ask_for_erasure(world);
    for (int i = 0; i <= HOLDS_MAX; i++) {
        snprintf(json, sizeof(json),
                 "{\"operation\": \"hold-place\", \"selection\": {\"hold_id\": \"case-%d\","
                 " \"run_ids\": [\"%s\"]}}", i, RUN);
        rule_world_must(world, "counsel", "lifecycle", json);
    }
    assert_held(world, ERASED(OF(BOB)), true);
    rule_world_free(world);
}

/* DL4: a disposal without its policy, or of a run that just ended, comes too early. */
static void disposal_too_early(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);
    const char *of_run = "{\"operation\": \"dispose\", \"environment\": \"test\", \"policy\":"
                         " {\"id\": \"keep\", \"version\": \"1\"}, \"selection\":"
                         " {\"run_ids\": [\"" RUN "\"]}}";

    (void)state;
    say_retention(world);
    rule_world_must(world, "privacy", "lifecycle",
                    "{\"operation\": \"dispose\", \"selection\": {\"cutoff_at_ms\": 1}}");
    assert_true(rule_world_is_flagged(world, "DL4", "early-disposal"));
    rule_world_must(world, "engine", "run-manifest", "{\"risk\": \"high\"}");
    rule_world_must(world, "privacy", "lifecycle", of_run);
    assert_true(rule_world_is_flagged(world, "DL4", "early-disposal"));
    rule_world_advance(world, 100 * 1000);
    rule_world_must(world, "privacy", "lifecycle", of_run);
    assert_false(rule_world_is_flagged(world, "DL4", "early-disposal"));
    rule_world_free(world);
}

static void assert_late(struct rule_world *world, const char *json, bool late)
{
    rule_world_must(world, "privacy", "lifecycle", json);
    if (rule_world_is_flagged(world, "DL6", "erasure-late") != late)
        fail_msg("%s: %s", json, rule_world_verdict(world));
}

/* DL6: a request is due within 30 days, its answer comes by then and leads back to it. */
static void erasure_in_time(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    assert_late(world, "{\"operation\": \"erase-request\", \"due_at_ms\": \"@now+2592000000\"}",
                false);
    assert_late(world, "{\"operation\": \"erase-request\", \"due_at_ms\": \"@now+2592000001\"}",
                true);
    assert_late(world, "{\"operation\": \"erase-request\"}", true);
    ask_for_erasure(world);
    assert_late(world, "{\"operation\": \"retain-set\"}", false);
    rule_world_name(world, "other");
    assert_late(world, "{\"operation\": \"erase-done\", \"erasure_request\": \"@other\"}", true);
    rule_world_advance(world, 1000);
    assert_late(world, "{\"operation\": \"erase-refused\", \"erasure_request\": \"@erasure\"}",
                false);
    rule_world_advance(world, 1);
    assert_late(world, "{\"operation\": \"erase-done\", \"erasure_request\": \"@erasure\"}", true);
    rule_world_free(world);
}

/* DL1: where the settings ask for no approval, none is missed. */
static void restoration_without_approval(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    rule_world_must(world, NULL, "log-metadata", "{\"thresholds\": {\"restore_approval\": 0}}");
    rule_world_must(world, "privacy", "restoration", "{}");
    assert_string_equal(rule_world_verdict(world), "");
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_data_rows),
        cmocka_unit_test(hold_by_whom),
        cmocka_unit_test(release_approved_by_actor),
        cmocka_unit_test(hold_find_what_is_held),
        cmocka_unit_test(hold_find_by_classification),
        cmocka_unit_test(hold_find_too_many),
        cmocka_unit_test(disposal_too_early),
        cmocka_unit_test(erasure_in_time),
        cmocka_unit_test(restoration_without_approval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
