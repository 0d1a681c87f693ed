/*
 * Whether an approval serves where it is used. None of these requests could know the run: it began
 * later, or the request named none.
 */
#include "schemas/rules/approval_place.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/gate_world.h"

#define RUN "\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\""
#define CONTRACT(body)                                                                         \
    "{\"environment\": \"test\", \"contract\": {\"expected_inputs\": [], \"expected_output\":" \
    " \"action\", \"decision_supported\": \"pay\", \"risk\": \"low\"" body "}}"
#define DID_IT                                                                                 \
    "{\"event\": \"action-executed\", \"action\": \"@request.action\", " RUN "}"

static const uint8_t RUN_BYTES[16] = {0x01, 0x9a, 0x40, [15] = 0x02};

/* Approved by usr_approver and usr_second for a run that has not begun. */
static struct rule_world *approved_before(const char *request)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    approval_world_request(world, request);
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    if (approval_world_get(world).state == APPROVAL_OPEN)
        assert_true(approval_world_vote(world, "usr_second", NULL));
    return world;
}

#define FOR_RUN                                                                                \
    "\"environment\": \"test\", \"subject\": {\"kind\": \"node\", " RUN ", \"node_id\":"       \
    " \"step\"}"

static void assert_answer(struct rule_world *world, bool allows)
{
    struct gate_asked asked;
    struct gate_answer answer;

    gate_world_ask_for_request(&asked, world);
    asked.question.run_id = bytes_of(RUN_BYTES, sizeof(RUN_BYTES));
    answer = gate_world_evaluate(world, &asked);
    if (allows)
        assert_int_equal(answer.outcome, GATE_ALLOWS);
    else
        gate_assert_lack(&answer, GATE_WAITS, LACK_UNFIT);
    gate_asked_cleanup(&asked);
}

/* What the gate does not allow is flagged when it is done. */
static void assert_unfit(struct rule_world *world)
{
    assert_answer(world, false);
    rule_world_must(world, "engine", "execution-event", DID_IT);
    assert_true(rule_world_is_flagged(world, "EX4", "unapproved-action"));
    assert_int_equal(approval_world_get(world).used_by.len, 0);
    rule_world_free(world);
}

/* A run that is as the request said. */
static void approval_serves_expected(void **state)
{
    struct rule_world *world = approved_before("{" FOR_RUN "}");

    (void)state;
    rule_world_must(world, "engine", "run-start", "{" RUN ", \"risk\": \"high\"}");
    assert_answer(world, true);
    rule_world_must(world, "engine", "execution-event", DID_IT);
    assert_false(rule_world_is_flagged(world, "EX4", "unapproved-action"));
    rule_world_free(world);
}

/* The run turns out riskier than the request said. */
static void approval_serves_risk(void **state)
{
    struct rule_world *world = approved_before("{" FOR_RUN "}");

    (void)state;
    rule_world_must(world, "engine", "run-start", "{" RUN ", \"risk\": \"critical\"}");
    assert_unfit(world);
}

/* The run turns out to be in production; so may any run that a request does not name. */
static void approval_serves_environment(void **state)
{
    struct rule_world *world = approved_before("{\"environment\": \"test\", \"subject\":"
                                               " {\"kind\": \"action\"}}");

    (void)state;
    rule_world_must(world, "engine", "run-start", "{" RUN ", \"environment\": \"production\"}");
    assert_unfit(world);
}

/* Who approved triggers the run afterwards, ... */
static void approval_serves_trigger(void **state)
{
    struct rule_world *world = approved_before("{" FOR_RUN "}");

    (void)state;
    rule_world_must(world, "engine", "run-start",
                    "{" RUN ", \"trigger\": {\"kind\": \"user\", \"triggered_by\":"
                    " \"usr_approver\"}}");
    assert_unfit(world);
}

/* ... or has an agent trigger it. */
static void approval_serves_trigger_of_agent(void **state)
{
    struct rule_world *world = approved_before("{" FOR_RUN "}");

    (void)state;
    rule_world_must(world, "idp", "identity",
                    "{\"principal\": {\"kind\": \"agent\", \"id\": \"agent_mine\","
                    " \"on_behalf_of\": \"usr_approver\"}}");
    rule_world_must(world, "engine", "run-start",
                    "{" RUN ", \"trigger\": {\"kind\": \"agent\", \"triggered_by\":"
                    " \"agent_mine\"}}");
    assert_unfit(world);
}

/* Who approved wrote the workflow that the run of high risk turns out to be of. */
static void approval_serves_author(void **state)
{
    struct rule_world *world = approved_before("{" FOR_RUN "}");

    (void)state;
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_approver\"], \"environment\": \"test\"}");
    rule_world_must(world, "engine", "run-start", "{" RUN ", \"risk\": \"high\"}");
    assert_unfit(world);
}

/* The contract asks for more approvers, or for a role that none of them had. */
static void approval_serves_contract(void **state)
{
    static const char *const contracts[] = {
        CONTRACT(", \"separation_of_duties\": {\"quorum\": 3}"),
        CONTRACT(", \"gates\": [{\"node_id\": \"step\", \"tier\": \"block\","
                 " \"required_roles\": [\"officer\"]}]"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(contracts) / sizeof(contracts[0]); i++) {
        struct rule_world *world = approved_before("{" FOR_RUN ", \"quorum\": 2}");

        rule_world_must(world, "ci", "workflow-change", contracts[i]);
        rule_world_must(world, "engine", "run-start", "{" RUN "}");
        assert_unfit(world);
    }
}

/* Who brought the approval reports the run as well. */
static void approval_serves_issuer(void **state)
{
    struct rule_world *world = approved_before("{" FOR_RUN "}");

    (void)state;
    rule_world_issuer(world, "service", "approval-service,engine");
    rule_world_must(world, "service", "run-start", "{" RUN "}");
    assert_unfit(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(approval_serves_expected),
        cmocka_unit_test(approval_serves_risk),
        cmocka_unit_test(approval_serves_environment),
        cmocka_unit_test(approval_serves_trigger),
        cmocka_unit_test(approval_serves_trigger_of_agent),
        cmocka_unit_test(approval_serves_author),
        cmocka_unit_test(approval_serves_contract),
        cmocka_unit_test(approval_serves_issuer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
