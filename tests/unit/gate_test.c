/* The gate's answers, and that what it grants once it does not grant again. */
#include "schemas/rules/gate.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/gate_world.h"

#define PLAIN_ACTION(reversibility)                                                            \
    "{\"operation\": \"mail.send\", \"resource\": \"inbox\", \"arguments\": {\"algorithm\":"   \
    " \"sha-256\", \"digest\": \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"},"              \
    " \"reversibility\": \"" reversibility "\"}"
#define LOW_RUN "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}"

static const uint8_t LOW_RUN_BYTES[16] = {0x01, 0x9a, 0x40, [15] = 0x02};

static struct bytes run_id(void)
{
    return bytes_of(APPROVAL_RUN_ID_BYTES, sizeof(APPROVAL_RUN_ID_BYTES));
}

/* A satisfied approval allows until it expires, and not beyond the lifetime of a grant. */
static void gate_evaluate_approved(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    gate_world_approve(world);
    gate_world_ask_for_request(&asked, world);
    answer = gate_world_evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_true(answer.has_request);
    assert_true(bytes_equal(answer.request.record_id, rule_world_named_id(world, "request")));
    assert_int_equal(answer.expires_at_ms, GATE_NOW_MS + 300000);
    asked.question.at_ms = GATE_NOW_MS + 3599999;
    answer = gate_world_evaluate(world, &asked);
    assert_int_equal(answer.expires_at_ms, GATE_NOW_MS + 3600000);
    asked.question.at_ms = GATE_NOW_MS + 3600000;
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_EXPIRED);
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* Two gates that saw the same approval do not both get it, whoever says its grant second. */
static void gate_evaluate_once(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer first;
    struct gate_answer second;
    struct gate_asked asked;

    (void)state;
    gate_world_approve(world);
    gate_world_ask_for_request(&asked, world);
    first = gate_world_evaluate(world, &asked);
    second = gate_world_evaluate(world, &asked);
    assert_int_equal(first.outcome, GATE_ALLOWS);
    assert_int_equal(second.outcome, GATE_ALLOWS);
    assert_true(gate_world_grant(world, &asked, &first, 1));
    assert_false(gate_world_grant(world, &asked, &second, 2));
    rule_world_assert_refused(world, "GG1", "grant-unfounded", "/action_digest");
    asked.question.index = rule_world_size(world);
    second = gate_world_evaluate(world, &asked);
    gate_assert_lack(&second, GATE_WAITS, LACK_USED);
    assert_true(bytes_equal(approval_world_get(world).used_by,
                            bytes_of((const uint8_t[16]){0xff, [15] = 1}, 16)));
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* Nor do two grants in one statement, or a grant and an action without one. */
static void gate_evaluate_once_in_batch(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    gate_world_approve(world);
    rule_world_add(world, NULL, "gate-grant", "{}");
    rule_world_add(world, NULL, "gate-grant", "{}");
    assert_false(rule_world_submit(world, NULL));
    rule_world_assert_refused(world, "GG1", "grant-unfounded", "/1/action_digest");
    assert_int_equal(approval_world_get(world).used_by.len, 0);
    rule_world_must(world, "engine", "execution-event",
                    "{\"event\": \"action-executed\", \"action\": \"@request.action\"}");
    assert_false(rule_world_say(world, NULL, "gate-grant", "{}"));
    rule_world_assert_refused(world, "GG1", "grant-unfounded", "/action_digest");
    rule_world_free(world);
}

/* A grant names the votes of every approver, and is as the records must be. */
static void gate_append_grant_votes(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    approval_world_request(world, "{\"quorum\": 2}");
    assert_true(approval_world_vote(world, "usr_officer", "{\"outcome\": \"abstain\"}"));
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    rule_world_name(world, "first");
    assert_true(approval_world_vote(world, "usr_second", NULL));
    gate_world_ask_for_request(&asked, world);
    answer = gate_world_evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_true(gate_world_grant(world, &asked, &answer, 1));
    assert_false(rule_world_say(world, NULL, "gate-grant", "{\"approvals\": [\"@first\"]}"));
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* What is missing, by number and by role. */
static void gate_evaluate_missing_votes(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;

    (void)state;
    approval_world_request(world,
                           "{\"quorum\": 3, \"role_quorum\": {\"approver\": 1, \"officer\": 1}}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    answer = gate_world_answer(world);
    gate_assert_lack(&answer, GATE_WAITS, LACK_QUORUM);
    assert_int_equal(answer.lack_count, 2);
    assert_int_equal(answer.lacks[0].have, 1);
    assert_int_equal(answer.lacks[0].need, 3);
    assert_int_equal(answer.lacks[1].kind, LACK_ROLE);
    assert_true(bytes_equal_text(answer.lacks[1].who, "officer"));
    assert_int_equal(answer.lacks[1].have, 0);
    rule_world_free(world);
}

/* Every state of a request is told apart. */
static void gate_evaluate_states(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;

    (void)state;
    approval_world_request(world, "{}");
    gate_world_assert_lack(world, GATE_WAITS, LACK_QUORUM);
    assert_true(approval_world_vote(world, "usr_requester",
                                    "{\"outcome\": \"withdraw\", \"token\": null}"));
    gate_world_assert_lack(world, GATE_WAITS, LACK_WITHDRAWN);
    approval_world_request(world, "{\"expires_at_ms\": \"@now+1\", \"occurred_at_ms\":"
                                  " \"@now-1\"}");
    gate_world_assert_lack(world, GATE_WAITS, LACK_QUORUM);
    rule_world_advance(world, 1);
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(world, "usr_approver",
                                    "{\"outcome\": \"reject\", \"reason\": {\"code\": \"no\","
                                    " \"description\": \"not ours\"}}"));
    answer = gate_world_answer(world);
    gate_assert_lack(&answer, GATE_DENIES, LACK_REJECTED);
    assert_true(bytes_equal_text(answer.lacks[0].who, "usr_approver"));
    gate_world_approve(world);
    answer = gate_world_answer(world);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    rule_world_free(world);
}

/* An edited approval allows the edited action only. */
static void gate_evaluate_edited(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(
        world, "usr_approver",
        "{\"outcome\": \"approve-edited\", \"reason\": {\"code\": \"less\", \"description\":"
        " \"half\"}, \"edit\": {\"before\": \"@request.shown\", \"after\": \"@request.shown\"},"
        " \"edited_action_digest\": \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}"));
    gate_world_assert_lack(world, GATE_WAITS, LACK_EDITED);
    rule_world_free(world);
}

/* An approval is for one node of one run. */
static void gate_evaluate_elsewhere(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    gate_world_approve(world);
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    gate_world_ask_for_request(&asked, world);
    asked.question.node_id = bytes_of_text("other");
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked.question.node_id = bytes_of_text("step");
    asked.question.run_id = bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES));
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked.question.run_id = run_id();
    asked.question.tenant = bytes_of_text("other");
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_RUN_UNKNOWN);
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* In a run of low risk the gate allows what can be undone, when it sees it, and grants that. */
static void gate_evaluate_harmless(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct bytes low_run = bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES));
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    gate_world_ask_for_action(&asked, world, low_run, PLAIN_ACTION("reversible"));
    answer = gate_world_evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_false(answer.has_request || answer.has_override);
    assert_int_equal(answer.expires_at_ms, GATE_NOW_MS + 300000);
    assert_true(gate_world_grant(world, &asked, &answer, 1));
    rule_world_must(world, "engine", "execution-event",
                    "{\"event\": \"action-executed\", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\","
                    " \"gate_grant\": \"@grant\", \"action\": \"@grant.action\"}");
    assert_false(rule_world_is_flagged(world, "EX4", "no-grant"));
    asked.question.action = NULL;
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    gate_asked_cleanup(&asked);
    gate_world_ask_for_action(&asked, world, low_run, PLAIN_ACTION("externally-reversible"));
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    gate_asked_cleanup(&asked);
    gate_world_ask_for_action(&asked, world, run_id(), PLAIN_ACTION("reversible"));
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* A grant without approvals that does not show the action is unfounded. */
static void gate_grant_without_action(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    assert_false(rule_world_say(world, NULL, "gate-grant",
                                "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\", \"approvals\": [],"
                                " \"action_digest\": \"@unique\"}"));
    rule_world_assert_refused(world, "GG1", "grant-unfounded", "/action_digest");
    rule_world_free(world);
}

/* Another action than the digest says is nothing the gate could allow. */
static void gate_evaluate_wrong_action(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    gate_world_ask_for_action(&asked, world, bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES)),
                   PLAIN_ACTION("reversible"));
    asked.digest.bytes[0] ^= 1;
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_DENIES, LACK_ACTION_DIGEST);
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* A run that is not known, or is over, and who is not known, or suspended. */
static void gate_evaluate_run_and_principal(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    gate_world_approve(world);
    gate_world_ask_for_request(&asked, world);
    asked.question.run_id = bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES));
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_RUN_UNKNOWN);
    asked.question.run_id = run_id();
    asked.question.granted_to = bytes_of_text("nobody");
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_DENIES, LACK_PRINCIPAL);
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"suspend\", \"principal\":"
                    " {\"kind\": \"agent\", \"id\": \"agent_worker\"}}");
    asked.question.granted_to = bytes_of_text("agent_worker");
    asked.question.index = rule_world_size(world);
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_DENIES, LACK_PRINCIPAL);
    rule_world_must(world, "engine", "run-manifest", "{\"status\": \"failed\"}");
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_DENIES, LACK_RUN_CLOSED);
    assert_true(bytes_equal_text(answer.lacks[0].what, "failed"));
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* A node that the graph does not have cannot be used to get around the gate of another. */
static void gate_evaluate_unplanned_node(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    gate_world_approve(world);
    rule_world_must(world, "ci", "workflow-change",
                    "{\"environment\": \"test\", \"graph\": {\"planned_nodes\": [{\"node_id\":"
                    " \"other\", \"kind\": \"tool\"}], \"planned_edges\": []}}");
    gate_world_assert_lack(world, GATE_DENIES, LACK_NODE);
    rule_world_free(world);
}

/* Every lack and outcome has a name of its own. */
static void gate_names(void **state)
{
    (void)state;
    for (enum gate_lack_kind i = 0; i < LACK_KIND_COUNT; i++) {
        for (enum gate_lack_kind j = 0; j < i; j++)
            assert_string_not_equal(gate_lack_name(i), gate_lack_name(j));
    }
    assert_string_equal(gate_outcome_name(GATE_ALLOWS), "allow");
    assert_string_equal(gate_outcome_name(GATE_WAITS), "wait");
    assert_string_equal(gate_outcome_name(GATE_DENIES), "deny");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_evaluate_approved),
        cmocka_unit_test(gate_evaluate_once),
        cmocka_unit_test(gate_evaluate_once_in_batch),
        cmocka_unit_test(gate_append_grant_votes),
        cmocka_unit_test(gate_evaluate_missing_votes),
        cmocka_unit_test(gate_evaluate_states),
        cmocka_unit_test(gate_evaluate_edited),
        cmocka_unit_test(gate_evaluate_elsewhere),
        cmocka_unit_test(gate_evaluate_harmless),
        cmocka_unit_test(gate_grant_without_action),
        cmocka_unit_test(gate_evaluate_wrong_action),
        cmocka_unit_test(gate_evaluate_run_and_principal),
        cmocka_unit_test(gate_evaluate_unplanned_node),
        cmocka_unit_test(gate_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
