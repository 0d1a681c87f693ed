/* The rules that tie what was done to who allowed it, each holding and broken. */
#include "schemas/rules/approval_facts.h"

#include "schemas/rules/families.h"
#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/manifest_json.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OTHER_ACTION                                                                           \
    "{\"operation\": \"payment.send\", \"resource\": \"invoice-8\", \"arguments\":"            \
    " {\"algorithm\": \"sha-256\", \"digest\":"                                                \
    " \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}, \"reversibility\": \"reversible\"}"
#define DID(action, more) "{\"event\": \"action-executed\", \"action\": " action more "}"
#define DID_IT(more) DID("\"@request.action\"", more)
#define DEGRADED(risk, more)                                                                   \
    "{\"mode\": \"replay\", \"degradations\": [{\"kind\": \"tool-fallback\", \"node_id\":"     \
    " \"step\", \"planned\": false, \"reason\": {\"code\": \"outage\"},"                       \
    " \"resulting_risk\": \"" risk "\"" more "}]}"
#define BLOCKING                                                                               \
    "{\"environment\": \"test\", \"contract\": {\"expected_inputs\": [], \"expected_output\":" \
    " \"action\", \"decision_supported\": \"pay\", \"risk\": \"low\", \"gates\":"              \
    " [{\"node_id\": \"step\", \"tier\": \"block\"}]}}"

static void approve(struct rule_world *world)
{
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
}

static void grant(struct rule_world *world)
{
    approve(world);
    rule_world_must(world, NULL, "gate-grant", "{}");
    rule_world_name(world, "grant");
}

/* "done" was approved and is used; "request" is approved for another action. */
static void use(struct rule_world *world)
{
    approve(world);
    rule_world_must(world, "engine", "execution-event", DID_IT(""));
    approval_world_request(world, "{\"action\": " OTHER_ACTION "}");
    rule_world_name(world, "done");
    approve(world);
    rule_world_must(world, "engine", "execution-event", DID_IT(""));
    approval_world_request(world, "{\"action\": " OTHER_ACTION "}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
}

static void override(struct rule_world *world)
{
    rule_world_must(world, "console", "override", "{}");
    rule_world_name(world, "override");
}

static void override_and_approve(struct rule_world *world)
{
    override(world);
    approve(world);
}

static const struct rule_row rows[] = {
    {"EX4", "unapproved-action", "engine", "execution-event", DID_IT(""), DID(OTHER_ACTION, ""),
     NULL, approve},
    {"EX4", "approval-after-action", "engine", "execution-event", DID_IT(""),
     DID_IT(", \"occurred_at_ms\": \"@now-1\""), NULL, approve},
    {"EX4", "approval-reused", "engine", "execution-event", DID_IT(""),
     DID("{\"operation\": \"payment.send\", \"resource\": \"invoice-7\", \"arguments\":"
         " {\"algorithm\": \"sha-256\", \"digest\":"
         " \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}, \"reversibility\":"
         " \"irreversible\"}", ""),
     NULL, use},
    {"EX4", "no-grant", "engine", "execution-event", DID_IT(", \"gate_grant\": \"@grant\""),
     DID_IT(", \"gate_grant\": \"@approval\""), NULL, grant},
    {"O7", "overridden", "engine", "execution-event", DID_IT(""), DID(OTHER_ACTION, ""), NULL,
     override_and_approve},
    {"M8", "unapproved-run", "engine", "run-manifest", "{\"mode\": \"replay\"}", "{}", NULL,
     NULL},
    {"M8", "overridden", "engine", "run-manifest", "{\"mode\": \"replay\"}", "{}", NULL,
     override},
    {"M10", "degraded-unapproved", "engine", "run-manifest", DEGRADED("medium", ""),
     DEGRADED("high", ""), NULL, NULL},
    {"GG1", "grant-unfounded", NULL, "gate-grant", "{}", "{\"approvals\": []}", "/approvals",
     approve},
    {"GG2", "nonce-reuse", NULL, "gate-grant", "{}", "{\"nonce\": \"@request.nonce\"}", "/nonce",
     approve},
};

/* Each rule lets the good pass, flags or stops the bad, and is what does it. */
static void rules_action_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), approval_world_new);
    rule_rows_check_complete(rows, COUNT(rows), rules_action, rules_action_count);
    rule_rows_check_complete(rows, COUNT(rows), rules_grant, rules_grant_count);
}

/* The code of EX4 or O7 that the event is flagged with; "" for none. */
static const char *flag_of(struct rule_world *world, const char *json)
{
    static const char *const codes[] = {"unapproved-action", "approval-after-action",
                                        "approval-reused", "no-grant"};

    rule_world_must(world, "engine", "execution-event", json);
    if (rule_world_is_flagged(world, "O7", "overridden"))
        return "overridden";
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (rule_world_is_flagged(world, "EX4", codes[i]))
            return codes[i];
    }
    return "";
}

/* EX4: an approval is used by the first action, with or without its name. */
static void approval_used_once(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approve(world);
    assert_string_equal(flag_of(world, DID_IT("")), "");
    assert_string_equal(flag_of(world, DID_IT("")), "approval-reused");
    assert_string_equal(flag_of(world, DID_IT(", \"approval\": \"@approval\"")),
                        "approval-reused");
    approve(world);
    assert_string_equal(flag_of(world, DID_IT(", \"approval\": \"@request\"")), "");
    assert_true(approval_world_get(world).used_by.len == 16);
    rule_world_free(world);
}

/* EX4: two events of one statement do not share an approval. */
static void approval_used_once_in_statement(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approve(world);
    rule_world_add(world, "engine", "execution-event", DID_IT(""));
    rule_world_add(world, "engine", "execution-event", DID_IT(""));
    assert_true(rule_world_submit(world, "engine"));
    assert_true(rule_world_is_flagged(world, "EX4", "approval-reused"));
    rule_world_free(world);
}

/* EX4: no quorum yet, rejected, expired, at another node, in another run. */
static void unapproved_actions(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{\"quorum\": 2}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    assert_string_equal(flag_of(world, DID_IT("")), "unapproved-action");
    assert_true(approval_world_vote(world, "usr_second", NULL));
    assert_string_equal(flag_of(world, DID_IT(", \"node_id\": \"other\"")), "unapproved-action");
    assert_string_equal(flag_of(world, DID_IT(", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"")),
                        "unapproved-action");
    rule_world_advance(world, 3600000);
    assert_string_equal(flag_of(world, DID_IT("")), "unapproved-action");
    rule_world_free(world);
}

/* EX4: an approval that comes later does not make good what was done before. */
static void approval_logged_later(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{}");
    assert_string_equal(flag_of(world, DID_IT("")), "unapproved-action");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    assert_int_equal(approval_world_get(world).used_by.len, 0);
    rule_world_free(world);
}

/* EX4 is about grave actions: in a run of low risk a reversible one needs nobody's approval. */
static void harmless_actions(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "engine", "run-start", "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}");
    assert_string_equal(
        flag_of(world, DID(OTHER_ACTION, ", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"")), "");
    approval_world_request(world, "{}");
    assert_string_equal(flag_of(world, DID_IT(", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"")),
                        "unapproved-action");
    assert_string_equal(
        flag_of(world, DID(OTHER_ACTION, ", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\", \"tool_call\":"
                                         " {\"reversibility\": \"externally-reversible\"}")),
        "unapproved-action");
    assert_string_equal(flag_of(world, "{\"event\": \"action-requested\"}"), "");
    rule_world_free(world);
}

/* EX4: a grant is used once, by who it was given to, where and for what it was given. */
static void grant_used_once(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    grant(world);
    assert_string_equal(flag_of(world, DID_IT(", \"gate_grant\": \"@grant\","
                                              " \"node_id\": \"other\"")), "no-grant");
    assert_string_equal(flag_of(world, DID(OTHER_ACTION, ", \"gate_grant\": \"@grant\"")),
                        "no-grant");
    assert_string_equal(flag_of(world, DID_IT(", \"gate_grant\": \"@grant\"")), "");
    assert_string_equal(flag_of(world, DID_IT(", \"gate_grant\": \"@grant\"")),
                        "approval-reused");
    assert_string_equal(flag_of(world, DID_IT("")), "approval-reused");
    rule_world_free(world);
}

/* EX4: a grant for somebody else, and one that ran out. */
static void grant_not_valid(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approve(world);
    rule_world_must(world, NULL, "gate-grant", "{\"granted_to\": \"agent_worker\"}");
    rule_world_name(world, "grant");
    assert_string_equal(flag_of(world, DID_IT(", \"gate_grant\": \"@grant\"")), "no-grant");
    rule_world_advance(world, 59999);
    assert_string_equal(flag_of(world, DID_IT(", \"gate_grant\": \"@grant\", \"actor\":"
                                              " {\"kind\": \"agent\", \"id\":"
                                              " \"agent_worker\"}")), "");
    grant(world);
    rule_world_advance(world, 60000);
    assert_string_equal(flag_of(world, DID_IT(", \"gate_grant\": \"@grant\"")), "no-grant");
    rule_world_free(world);
}

/* EX4: behind a gate that blocks an approval alone is not enough; elsewhere it is. */
static void blocking_gate_without_grant(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "workflow-change", BLOCKING);
    approve(world);
    assert_string_equal(flag_of(world, DID_IT("")), "no-grant");
    assert_int_equal(approval_world_get(world).used_by.len, 16);
    grant(world);
    assert_string_equal(flag_of(world, DID_IT(", \"gate_grant\": \"@grant\"")), "");
    rule_world_free(world);
}

/* EX4: what an approver edited is what may be done. */
static void edited_action(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{\"action\": " OTHER_ACTION "}");
    rule_world_name(world, "edited");
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(
        world, "usr_approver",
        "{\"outcome\": \"approve-edited\", \"reason\": {\"code\": \"other\", \"description\":"
        " \"the other invoice\"}, \"edit\": {\"before\": \"@request.shown\","
        " \"after\": \"@request.shown\"}, \"edited_action_digest\": \"@edited.action_digest\"}"));
    assert_string_equal(flag_of(world, DID_IT("")), "unapproved-action");
    assert_string_equal(flag_of(world, DID(OTHER_ACTION, "")), "");
    rule_world_free(world);
}

/* O7: while the override is in force, and only then. */
static void overridden_in_time(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    override(world);
    assert_string_equal(flag_of(world, DID(OTHER_ACTION, "")), "overridden");
    assert_string_equal(flag_of(world, DID(OTHER_ACTION, ", \"occurred_at_ms\": \"@now-1\"")),
                        "unapproved-action");
    rule_world_advance(world, 3600000);
    assert_string_equal(flag_of(world, DID(OTHER_ACTION, "")), "unapproved-action");
    rule_world_free(world);
}

static bool is_manifest_flagged(struct rule_world *world, const char *json, const char *rule,
                                const char *code)
{
    rule_world_must(world, "engine", "run-manifest", json);
    return rule_world_is_flagged(world, rule, code);
}

/* M8: an approval of something in the run is enough; the contract's risk counts, too. */
static void run_approved(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approve(world);
    assert_false(is_manifest_flagged(world, "{\"risk\": \"high\"}", "M8", "unapproved-run"));
    assert_true(is_manifest_flagged(world,
                                    "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\","
                                    " \"risk\": \"high\"}", "M8", "unapproved-run"));
    assert_false(is_manifest_flagged(world, "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAw\"}", "M8",
                                     "unapproved-run"));
    rule_world_free(world);
}

/* M8: a run that was stopped before anybody approved it did what it should, and one that failed
 * before it had a result did nothing. */
static void run_stopped(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    assert_false(is_manifest_flagged(world, "{\"status\": \"blocked\"}", "M8",
                                     "unapproved-run"));
    assert_false(is_manifest_flagged(world,
                                     "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\","
                                     " \"status\": \"cancelled\"}", "M8", "unapproved-run"));
    assert_false(is_manifest_flagged(world,
                                     "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAw\","
                                     " \"status\": \"failed\", \"risk\": \"high\"}", "M8",
                                     "unapproved-run"));
    assert_true(is_manifest_flagged(world,
                                    "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAABA\","
                                    " \"status\": \"failed\", \"risk\": \"high\", \"result\":"
                                    " {\"kind\": \"summary\", \"content\": " JSON_DIGEST_1 "}}",
                                    "M8", "unapproved-run"));
    rule_world_free(world);
}

/* M8: an approval of an export of the run approves no run. */
static void run_export_approved(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{\"subject\": {\"kind\": \"export\", \"run_id\":"
                                  " \"" APPROVAL_RUN_ID "\"}}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    assert_true(is_manifest_flagged(world, "{}", "M8", "unapproved-run"));
    rule_world_free(world);
}

/* M8: an override that ended before the run began covers nothing of it. */
static void run_overridden(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    override(world);
    rule_world_advance(world, 3600000);
    assert_true(is_manifest_flagged(world, "{}", "M8", "unapproved-run"));
    assert_false(is_manifest_flagged(world, "{}", "M8", "overridden"));
    assert_true(is_manifest_flagged(world, "{\"started_at_ms\": \"@now-1\"}", "M8",
                                    "overridden"));
    rule_world_free(world);
}

/* M10: the approval it names has to be one of the run; one of the node needs no name. */
static void degradation_approved(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{\"subject\": {\"kind\": \"action\"},"
                                  " \"environment\": \"test\"}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    assert_true(is_manifest_flagged(world, DEGRADED("high", ", \"approval\": \"@approval\""),
                                    "M10", "degraded-unapproved"));
    approve(world);
    assert_false(is_manifest_flagged(world, DEGRADED("high", ", \"approval\": \"@approval\""),
                                     "M10", "degraded-unapproved"));
    assert_false(is_manifest_flagged(world, DEGRADED("high", ""), "M10", "degraded-unapproved"));
    rule_world_free(world);
}

/* M10: behind a gate that blocks every degradation counts. */
static void degradation_behind_gate(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "workflow-change", BLOCKING);
    assert_true(is_manifest_flagged(world, DEGRADED("low", ""), "M10", "degraded-unapproved"));
    override(world);
    assert_false(is_manifest_flagged(world, DEGRADED("low", ""), "M10", "degraded-unapproved"));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_action_rows),
        cmocka_unit_test(approval_used_once),
        cmocka_unit_test(approval_used_once_in_statement),
        cmocka_unit_test(unapproved_actions),
        cmocka_unit_test(approval_logged_later),
        cmocka_unit_test(harmless_actions),
        cmocka_unit_test(grant_used_once),
        cmocka_unit_test(grant_not_valid),
        cmocka_unit_test(blocking_gate_without_grant),
        cmocka_unit_test(edited_action),
        cmocka_unit_test(overridden_in_time),
        cmocka_unit_test(run_approved),
        cmocka_unit_test(run_stopped),
        cmocka_unit_test(run_export_approved),
        cmocka_unit_test(run_overridden),
        cmocka_unit_test(degradation_approved),
        cmocka_unit_test(degradation_behind_gate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
