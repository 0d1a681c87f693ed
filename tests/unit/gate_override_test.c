/* What policies, overrides and kill switches make of the gate's answer. */
#include "schemas/rules/gate.h"

#include <stdio.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/gate_world.h"

#define PLAIN_ACTION(reversibility)                                                            \
    "{\"operation\": \"mail.send\", \"resource\": \"inbox\", \"arguments\": {\"algorithm\":"   \
    " \"sha-256\", \"digest\": \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"},"              \
    " \"reversibility\": \"" reversibility "\"}"
#define LOW_RUN "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}"

static const uint8_t LOW_RUN_BYTES[16] = {0x01, 0x9a, 0x40, [15] = 0x02};

static void evaluate_policy(struct rule_world *world, const char *policy, const char *decision)
{
    char json[200];

    snprintf(json, sizeof(json),
             "{\"policy\": {\"id\": \"%s\", \"version\": \"1\"}, \"decision\": \"%s\"}", policy,
             decision);
    rule_world_must(world, "engine", "policy-evaluation", json);
}

/* What a policy denies, or could not check, stays denied until that policy says otherwise. */
static void gate_evaluate_policy(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;

    (void)state;
    gate_world_approve(world);
    evaluate_policy(world, "pii", "deny");
    evaluate_policy(world, "egress", "error");
    answer = gate_world_answer(world);
    gate_assert_lack(&answer, GATE_DENIES, LACK_POLICY);
    assert_true(bytes_equal_text(answer.lacks[0].what, "pii"));
    evaluate_policy(world, "pii", "allow");
    answer = gate_world_answer(world);
    gate_assert_lack(&answer, GATE_DENIES, LACK_POLICY);
    assert_true(bytes_equal_text(answer.lacks[0].what, "egress"));
    evaluate_policy(world, "egress", "redact");
    answer = gate_world_answer(world);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    rule_world_free(world);
}

/* A policy that routes to an approval makes the gate want one. */
static void gate_evaluate_routed(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    rule_world_must(world, "engine", "policy-evaluation",
                    "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\", \"decision\": \"route\"}");
    gate_world_ask_for_action(&asked, world, bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES)),
                   PLAIN_ACTION("reversible"));
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* With more verdicts than are kept a node stays denied, instead of forgetting one. */
static void gate_evaluate_many_verdicts(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    char policy[16];

    (void)state;
    gate_world_approve(world);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 33; i++) {
            snprintf(policy, sizeof(policy), "p%u", i);
            evaluate_policy(world, policy, round == 0 ? "deny" : "allow");
        }
    }
    gate_world_assert_lack(world, GATE_DENIES, LACK_POLICY);
    rule_world_free(world);
}

/* Who breaks the glass gets past policies and approvals, and the grant says so. */
static void gate_evaluate_override(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct gate_asked asked;

    (void)state;
    approval_world_request(world, "{}");
    evaluate_policy(world, "pii", "deny");
    rule_world_must(world, "console", "override", "{\"expires_at_ms\": \"@now+1000\"}");
    rule_world_name(world, "override");
    gate_world_ask_for_request(&asked, world);
    answer = gate_world_evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_true(answer.has_override && !answer.has_request);
    assert_int_equal(answer.expires_at_ms, GATE_NOW_MS + 1000);
    assert_true(gate_world_grant(world, &asked, &answer, 1));
    rule_world_must(world, "engine", "execution-event",
                    "{\"event\": \"action-executed\", \"action\": \"@request.action\","
                    " \"gate_grant\": \"@grant\"}");
    assert_true(rule_world_is_flagged(world, "O7", "overridden"));
    asked.question.at_ms = GATE_NOW_MS + 1000;
    answer = gate_world_evaluate(world, &asked);
    gate_assert_lack(&answer, GATE_DENIES, LACK_POLICY);
    gate_asked_cleanup(&asked);
    rule_world_free(world);
}

/* An approval is used before an override is: it says more. */
static void gate_evaluate_approval_before_override(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;

    (void)state;
    rule_world_must(world, "console", "override", "{}");
    gate_world_approve(world);
    answer = gate_world_answer(world);
    assert_true(answer.has_request && !answer.has_override);
    rule_world_free(world);
}

/* A kill switch stops everything, an approval and a broken glass, too. */
static void gate_evaluate_kill_switch(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;

    (void)state;
    gate_world_approve(world);
    rule_world_must(world, "console", "override", "{}");
    rule_world_must(world, "console", "override", "{\"kind\": \"kill-switch\"}");
    answer = gate_world_answer(world);
    gate_assert_lack(&answer, GATE_DENIES, LACK_STOPPED);
    assert_true(bytes_equal_text(answer.lacks[0].who, "usr_overrider"));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_evaluate_policy),
        cmocka_unit_test(gate_evaluate_routed),
        cmocka_unit_test(gate_evaluate_many_verdicts),
        cmocka_unit_test(gate_evaluate_override),
        cmocka_unit_test(gate_evaluate_approval_before_override),
        cmocka_unit_test(gate_evaluate_kill_switch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
