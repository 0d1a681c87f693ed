/* The gate's answers, and that what it grants once it does not grant again. */
#include "schemas/rules/gate.h"

#include <stdio.h>
#include <string.h>

#include "schemas/record_schema.h"
#include "schemas/rules/approval_lists.h"
#include "schemas/view.h"
#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"

#define NOW_MS UINT64_C(1800000000000)
#define PLAIN_ACTION(reversibility)                                                            \
    "{\"operation\": \"mail.send\", \"resource\": \"inbox\", \"arguments\": {\"algorithm\":"   \
    " \"sha-256\", \"digest\": \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"},"              \
    " \"reversibility\": \"" reversibility "\"}"
#define LOW_RUN "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}"

static const uint8_t LOW_RUN_BYTES[16] = {0x01, 0x9a, 0x40, [15] = 0x02};

/* A question and the memory it borrows. */
struct asked {
    struct gate_question question;
    struct record_fields fields;
    struct buf action;
    struct hash digest;
};

static struct bytes run_id(void)
{
    return bytes_of(APPROVAL_RUN_ID_BYTES, sizeof(APPROVAL_RUN_ID_BYTES));
}

/* For the action of "request", by its digest alone. */
static void ask_for_request(struct asked *out, struct rule_world *world)
{
    struct approval_request request = approval_world_get(world);

    *out = (struct asked){.question = {.tenant = bytes_of_text("acme"),
                                       .run_id = run_id(),
                                       .node_id = bytes_of_text("step"),
                                       .granted_to = bytes_of_text("engine"),
                                       .index = rule_world_size(world),
                                       .at_ms = NOW_MS}};
    memcpy(out->digest.bytes, request.action_digest.data, HASH_LEN);
    out->question.action_digest = hash_bytes(&out->digest);
}

/* For an action that nobody requested approval of, shown to the gate. */
static void ask_for_action(struct asked *out, struct rule_world *world, struct bytes run,
                           const char *json)
{
    struct buf subject = {0};
    struct err err = {0};

    *out = (struct asked){.question = {.tenant = bytes_of_text("acme"),
                                       .run_id = run,
                                       .node_id = bytes_of_text("step"),
                                       .granted_to = bytes_of_text("engine"),
                                       .index = rule_world_size(world),
                                       .at_ms = NOW_MS}};
    assert_true(view_parse_json(&out->action, bytes_of_text(json), &err));
    assert_true(record_fields_read(&out->fields, bytes_of_buf(&out->action), &err));
    out->question.action = out->fields.fields;
    approval_append_plain_subject(&subject, run, out->question.node_id);
    approval_action_digest(&out->digest, bytes_of_buf(&out->action), bytes_of_buf(&subject));
    out->question.action_digest = hash_bytes(&out->digest);
    buf_cleanup(&subject);
}

static void asked_cleanup(struct asked *asked)
{
    record_fields_cleanup(&asked->fields);
    buf_cleanup(&asked->action);
}

static struct gate_answer evaluate(struct rule_world *world, const struct asked *asked)
{
    struct settings settings;
    struct gate_answer answer;

    settings_get(&settings, rule_world_facts(world));
    gate_evaluate(&answer, rule_world_facts(world), &settings, &asked->question);
    return answer;
}

static void assert_lack(const struct gate_answer *answer, enum gate_outcome outcome,
                        enum gate_lack_kind kind)
{
    if (answer->outcome != outcome || answer->lack_count == 0 || answer->lacks[0].kind != kind)
        fail_msg("expected %s %s, got %s %s", gate_outcome_name(outcome), gate_lack_name(kind),
                 gate_outcome_name(answer->outcome),
                 answer->lack_count == 0 ? "" : gate_lack_name(answer->lacks[0].kind));
}

/* What the gate says about the action of "request" now. */
static struct gate_answer answer_for_request(struct rule_world *world)
{
    struct asked asked;
    struct gate_answer answer;

    ask_for_request(&asked, world);
    answer = evaluate(world, &asked);
    asked_cleanup(&asked);
    return answer;
}

static void assert_request_lacks(struct rule_world *world, enum gate_outcome outcome,
                                 enum gate_lack_kind kind)
{
    struct gate_answer answer = answer_for_request(world);

    assert_lack(&answer, outcome, kind);
}

static void approve(struct rule_world *world)
{
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
}

/* The record is one that schemas/log.cddl describes. */
static void assert_in_schema(const struct buf *record)
{
    struct record_schema *schema = NULL;
    const struct record_schema_type *type;
    struct cddl_mismatch mismatch = {0};
    struct err err = {0};

    assert_true(dcbor_check(bytes_of_buf(record), &err));
    assert_true(record_schema_load(&schema, NULL, 0, &err));
    type = record_schema_find(schema, bytes_of_text("gate-grant"));
    assert_non_null(type);
    if (!record_schema_check(schema, type, bytes_of_buf(record), &mismatch))
        fail_msg("%s: %s, not %s", mismatch.path, mismatch.have, mismatch.want);
    record_schema_free(schema);
}

/* Has the log say the grant of this answer; whether it is admitted. */
static bool say_grant(struct rule_world *world, const struct asked *asked,
                      const struct gate_answer *answer, uint8_t number)
{
    uint8_t record_id[16] = {0xff, [15] = number};
    struct gate_grant_header header = {.record_id = bytes_of(record_id, sizeof(record_id)),
                                       .nonce = bytes_of(record_id, sizeof(record_id))};
    struct buf record = {0};
    struct buf json = {0};
    struct err err = {0};
    bool admitted;

    gate_append_grant(&record, rule_world_facts(world), &asked->question, answer, &header);
    assert_in_schema(&record);
    assert_true(view_append_json(&json, bytes_of_buf(&record), false, &err));
    admitted = rule_world_say(world, NULL, "gate-grant", buf_text(&json));
    rule_world_name(world, "grant");
    buf_cleanup(&record);
    buf_cleanup(&json);
    return admitted;
}

/* A satisfied approval allows until it expires, and not beyond the lifetime of a grant. */
static void gate_evaluate_approved(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct asked asked;

    (void)state;
    approve(world);
    ask_for_request(&asked, world);
    answer = evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_true(answer.has_request);
    assert_true(bytes_equal(answer.request.record_id, rule_world_named_id(world, "request")));
    assert_int_equal(answer.expires_at_ms, NOW_MS + 300000);
    asked.question.at_ms = NOW_MS + 3599999;
    answer = evaluate(world, &asked);
    assert_int_equal(answer.expires_at_ms, NOW_MS + 3600000);
    asked.question.at_ms = NOW_MS + 3600000;
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_EXPIRED);
    asked_cleanup(&asked);
    rule_world_free(world);
}

/* Two gates that saw the same approval do not both get it, whoever says its grant second. */
static void gate_evaluate_once(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer first;
    struct gate_answer second;
    struct asked asked;

    (void)state;
    approve(world);
    ask_for_request(&asked, world);
    first = evaluate(world, &asked);
    second = evaluate(world, &asked);
    assert_int_equal(first.outcome, GATE_ALLOWS);
    assert_int_equal(second.outcome, GATE_ALLOWS);
    assert_true(say_grant(world, &asked, &first, 1));
    assert_false(say_grant(world, &asked, &second, 2));
    rule_world_assert_refused(world, "GG1", "grant-unfounded", "/action_digest");
    asked.question.index = rule_world_size(world);
    second = evaluate(world, &asked);
    assert_lack(&second, GATE_WAITS, LACK_USED);
    assert_true(bytes_equal(approval_world_get(world).used_by,
                            bytes_of((const uint8_t[16]){0xff, [15] = 1}, 16)));
    asked_cleanup(&asked);
    rule_world_free(world);
}

/* Nor do two grants in one statement, or a grant and an action without one. */
static void gate_evaluate_once_in_batch(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approve(world);
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
    struct asked asked;

    (void)state;
    approval_world_request(world, "{\"quorum\": 2}");
    assert_true(approval_world_vote(world, "usr_officer", "{\"outcome\": \"abstain\"}"));
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    rule_world_name(world, "first");
    assert_true(approval_world_vote(world, "usr_second", NULL));
    ask_for_request(&asked, world);
    answer = evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_true(say_grant(world, &asked, &answer, 1));
    assert_false(rule_world_say(world, NULL, "gate-grant", "{\"approvals\": [\"@first\"]}"));
    asked_cleanup(&asked);
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
    answer = answer_for_request(world);
    assert_lack(&answer, GATE_WAITS, LACK_QUORUM);
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
    assert_request_lacks(world, GATE_WAITS, LACK_QUORUM);
    assert_true(approval_world_vote(world, "usr_requester",
                                    "{\"outcome\": \"withdraw\", \"token\": null}"));
    assert_request_lacks(world, GATE_WAITS, LACK_WITHDRAWN);
    approval_world_request(world, "{\"expires_at_ms\": \"@now+1\", \"occurred_at_ms\":"
                                  " \"@now-1\"}");
    assert_request_lacks(world, GATE_WAITS, LACK_QUORUM);
    rule_world_advance(world, 1);
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(world, "usr_approver",
                                    "{\"outcome\": \"reject\", \"reason\": {\"code\": \"no\","
                                    " \"description\": \"not ours\"}}"));
    answer = answer_for_request(world);
    assert_lack(&answer, GATE_DENIES, LACK_REJECTED);
    assert_true(bytes_equal_text(answer.lacks[0].who, "usr_approver"));
    approve(world);
    answer = answer_for_request(world);
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
    assert_request_lacks(world, GATE_WAITS, LACK_EDITED);
    rule_world_free(world);
}

/* An approval is for one node of one run. */
static void gate_evaluate_elsewhere(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct asked asked;

    (void)state;
    approve(world);
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    ask_for_request(&asked, world);
    asked.question.node_id = bytes_of_text("other");
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked.question.node_id = bytes_of_text("step");
    asked.question.run_id = bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES));
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked.question.run_id = run_id();
    asked.question.tenant = bytes_of_text("other");
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_RUN_UNKNOWN);
    asked_cleanup(&asked);
    rule_world_free(world);
}

/* In a run of low risk the gate allows what can be undone, when it sees it, and grants that. */
static void gate_evaluate_harmless(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct bytes low_run = bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES));
    struct gate_answer answer;
    struct asked asked;

    (void)state;
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    ask_for_action(&asked, world, low_run, PLAIN_ACTION("reversible"));
    answer = evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_false(answer.has_request || answer.has_override);
    assert_int_equal(answer.expires_at_ms, NOW_MS + 300000);
    assert_true(say_grant(world, &asked, &answer, 1));
    rule_world_must(world, "engine", "execution-event",
                    "{\"event\": \"action-executed\", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\","
                    " \"gate_grant\": \"@grant\", \"action\": \"@grant.action\"}");
    assert_false(rule_world_is_flagged(world, "EX4", "no-grant"));
    asked.question.action = NULL;
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked_cleanup(&asked);
    ask_for_action(&asked, world, low_run, PLAIN_ACTION("externally-reversible"));
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked_cleanup(&asked);
    ask_for_action(&asked, world, run_id(), PLAIN_ACTION("reversible"));
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked_cleanup(&asked);
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
    struct asked asked;

    (void)state;
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    ask_for_action(&asked, world, bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES)),
                   PLAIN_ACTION("reversible"));
    asked.digest.bytes[0] ^= 1;
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_DENIES, LACK_ACTION_DIGEST);
    asked_cleanup(&asked);
    rule_world_free(world);
}

/* A run that is not known, or is over, and who is not known, or suspended. */
static void gate_evaluate_run_and_principal(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct asked asked;

    (void)state;
    approve(world);
    ask_for_request(&asked, world);
    asked.question.run_id = bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES));
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_RUN_UNKNOWN);
    asked.question.run_id = run_id();
    asked.question.granted_to = bytes_of_text("nobody");
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_DENIES, LACK_PRINCIPAL);
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"suspend\", \"principal\":"
                    " {\"kind\": \"agent\", \"id\": \"agent_worker\"}}");
    asked.question.granted_to = bytes_of_text("agent_worker");
    asked.question.index = rule_world_size(world);
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_DENIES, LACK_PRINCIPAL);
    rule_world_must(world, "engine", "run-manifest", "{\"status\": \"failed\"}");
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_DENIES, LACK_RUN_CLOSED);
    assert_true(bytes_equal_text(answer.lacks[0].what, "failed"));
    asked_cleanup(&asked);
    rule_world_free(world);
}

/* A node that the graph does not have cannot be used to get around the gate of another. */
static void gate_evaluate_unplanned_node(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approve(world);
    rule_world_must(world, "ci", "workflow-change",
                    "{\"environment\": \"test\", \"graph\": {\"planned_nodes\": [{\"node_id\":"
                    " \"other\", \"kind\": \"tool\"}], \"planned_edges\": []}}");
    assert_request_lacks(world, GATE_DENIES, LACK_NODE);
    rule_world_free(world);
}

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
    approve(world);
    evaluate_policy(world, "pii", "deny");
    evaluate_policy(world, "egress", "error");
    answer = answer_for_request(world);
    assert_lack(&answer, GATE_DENIES, LACK_POLICY);
    assert_true(bytes_equal_text(answer.lacks[0].what, "pii"));
    evaluate_policy(world, "pii", "allow");
    answer = answer_for_request(world);
    assert_lack(&answer, GATE_DENIES, LACK_POLICY);
    assert_true(bytes_equal_text(answer.lacks[0].what, "egress"));
    evaluate_policy(world, "egress", "redact");
    answer = answer_for_request(world);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    rule_world_free(world);
}

/* A policy that routes to an approval makes the gate want one. */
static void gate_evaluate_routed(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct asked asked;

    (void)state;
    rule_world_must(world, "engine", "run-start", LOW_RUN);
    rule_world_must(world, "engine", "policy-evaluation",
                    "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\", \"decision\": \"route\"}");
    ask_for_action(&asked, world, bytes_of(LOW_RUN_BYTES, sizeof(LOW_RUN_BYTES)),
                   PLAIN_ACTION("reversible"));
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_WAITS, LACK_REQUEST);
    asked_cleanup(&asked);
    rule_world_free(world);
}

/* With more verdicts than are kept a node stays denied, instead of forgetting one. */
static void gate_evaluate_many_verdicts(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    char policy[16];

    (void)state;
    approve(world);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 33; i++) {
            snprintf(policy, sizeof(policy), "p%u", i);
            evaluate_policy(world, policy, round == 0 ? "deny" : "allow");
        }
    }
    assert_request_lacks(world, GATE_DENIES, LACK_POLICY);
    rule_world_free(world);
}

/* Who breaks the glass gets past policies and approvals, and the grant says so. */
static void gate_evaluate_override(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;
    struct asked asked;

    (void)state;
    approval_world_request(world, "{}");
    evaluate_policy(world, "pii", "deny");
    rule_world_must(world, "console", "override", "{\"expires_at_ms\": \"@now+1000\"}");
    rule_world_name(world, "override");
    ask_for_request(&asked, world);
    answer = evaluate(world, &asked);
    assert_int_equal(answer.outcome, GATE_ALLOWS);
    assert_true(answer.has_override && !answer.has_request);
    assert_int_equal(answer.expires_at_ms, NOW_MS + 1000);
    assert_true(say_grant(world, &asked, &answer, 1));
    rule_world_must(world, "engine", "execution-event",
                    "{\"event\": \"action-executed\", \"action\": \"@request.action\","
                    " \"gate_grant\": \"@grant\"}");
    assert_true(rule_world_is_flagged(world, "O7", "overridden"));
    asked.question.at_ms = NOW_MS + 1000;
    answer = evaluate(world, &asked);
    assert_lack(&answer, GATE_DENIES, LACK_POLICY);
    asked_cleanup(&asked);
    rule_world_free(world);
}

/* An approval is used before an override is: it says more. */
static void gate_evaluate_approval_before_override(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;

    (void)state;
    rule_world_must(world, "console", "override", "{}");
    approve(world);
    answer = answer_for_request(world);
    assert_true(answer.has_request && !answer.has_override);
    rule_world_free(world);
}

/* A kill switch stops everything, an approval and a broken glass, too. */
static void gate_evaluate_kill_switch(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct gate_answer answer;

    (void)state;
    approve(world);
    rule_world_must(world, "console", "override", "{}");
    rule_world_must(world, "console", "override", "{\"kind\": \"kill-switch\"}");
    answer = answer_for_request(world);
    assert_lack(&answer, GATE_DENIES, LACK_STOPPED);
    assert_true(bytes_equal_text(answer.lacks[0].who, "usr_overrider"));
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
        cmocka_unit_test(gate_evaluate_policy),
        cmocka_unit_test(gate_evaluate_routed),
        cmocka_unit_test(gate_evaluate_many_verdicts),
        cmocka_unit_test(gate_evaluate_override),
        cmocka_unit_test(gate_evaluate_approval_before_override),
        cmocka_unit_test(gate_evaluate_kill_switch),
        cmocka_unit_test(gate_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
