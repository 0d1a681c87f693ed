/* What requests for approval and votes leave for later rules. */
#include "schemas/rules/approval_lists.h"

#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"

static const char TWO_WITH_OFFICER[] =
    "{\"quorum\": 2, \"role_quorum\": {\"approver\": 1, \"officer\": 1}}";

static struct bytes acme(void)
{
    return bytes_of_text("acme");
}

/* A request is open until its quorum and every role are met, then approved. */
static void approval_request_quorum(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, TWO_WITH_OFFICER);
    assert_int_equal(approval_world_get(world).state, APPROVAL_OPEN);
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    assert_true(approval_world_vote(world, "usr_second", NULL));
    assert_int_equal(approval_world_get(world).approval_count, 2);
    assert_int_equal(approval_world_get(world).state, APPROVAL_OPEN);
    assert_true(approval_world_vote(world, "usr_officer", NULL));
    assert_int_equal(approval_world_get(world).state, APPROVAL_APPROVED);
    assert_int_equal(approval_world_get(world).resolved_index, rule_world_size(world) - 2);
    rule_world_free(world);
}

/* The roles tell what was asked for and what is there, in the order of the request. */
static void approval_role_next_counts(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct approval_request request;
    struct approval_roles roles;
    struct approval_role role;

    (void)state;
    approval_world_request(world, TWO_WITH_OFFICER);
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    request = approval_world_get(world);
    roles = approval_roles_of(&request);
    assert_true(approval_role_next(&roles, &role));
    assert_true(bytes_equal_text(role.role, "officer"));
    assert_int_equal(role.have, 0);
    assert_true(approval_role_next(&roles, &role));
    assert_true(bytes_equal_text(role.role, "approver"));
    assert_int_equal(role.have, 1);
    assert_int_equal(role.need, 1);
    assert_false(approval_role_next(&roles, &role));
    rule_world_free(world);
}

static enum approval_state state_after(const char *who, const char *vote, uint64_t wait_ms)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    enum approval_state out;

    approval_world_request(world, "{}");
    rule_world_advance(world, wait_ms);
    if (!approval_world_vote(world, who, vote))
        fail_msg("%s", rule_world_verdict(world));
    out = approval_world_get(world).state;
    rule_world_free(world);
    return out;
}

/* Each outcome takes the request to its state; an abstention leaves it open. */
static void approval_request_outcomes(void **state)
{
    (void)state;
    assert_int_equal(state_after("usr_approver", "{}", 0), APPROVAL_APPROVED);
    assert_int_equal(state_after("usr_approver", "{\"outcome\": \"abstain\"}", 0), APPROVAL_OPEN);
    assert_int_equal(state_after("usr_approver",
                                 "{\"outcome\": \"reject\", \"reason\":"
                                 " {\"code\": \"wrong\", \"description\": \"not ours\"}}", 0),
                     APPROVAL_REJECTED);
    assert_int_equal(state_after("usr_requester",
                                 "{\"outcome\": \"withdraw\", \"token\": null}", 0),
                     APPROVAL_WITHDRAWN);
    assert_int_equal(state_after("service",
                                 "{\"outcome\": \"expire\", \"token\": null, \"actor\":"
                                 " {\"kind\": \"system\", \"id\": \"service\"}}", 3600000),
                     APPROVAL_EXPIRED);
}

/* An open request is expired from its expiry on, and an approval is no longer usable. */
static void approval_state_at_expiry(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct approval_request request;

    (void)state;
    approval_world_request(world, "{}");
    request = approval_world_get(world);
    assert_int_equal(approval_state_at(&request, request.expires_at_ms - 1), APPROVAL_OPEN);
    assert_int_equal(approval_state_at(&request, request.expires_at_ms), APPROVAL_EXPIRED);
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    request = approval_world_get(world);
    assert_true(approval_is_usable(&request, request.expires_at_ms - 1));
    assert_false(approval_is_usable(&request, request.expires_at_ms));
    rule_world_free(world);
}

/* Whoever uses an approval second finds it used. */
static void approval_use_once(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct approval_request request;

    (void)state;
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    request = approval_world_get(world);
    approval_use(rule_world_facts(world), acme(), &request, bytes_of_text("0123456789abcdef"));
    request = approval_world_get(world);
    assert_false(approval_is_usable(&request, request.requested_at_ms));
    assert_true(bytes_equal_text(request.used_by, "0123456789abcdef"));
    rule_world_free(world);
}

/* Requests are found by their action; those approved by their run and node as well. */
static void approvals_next_found(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct bytes run_id = bytes_of(APPROVAL_RUN_ID_BYTES, sizeof(APPROVAL_RUN_ID_BYTES));
    struct facts *facts = rule_world_facts(world);
    struct approval_request request;
    struct approval_request found;
    struct approvals list;

    (void)state;
    approval_world_request(world, "{}");
    request = approval_world_get(world);
    list = approvals_for_action(facts, acme(), request.action_digest);
    assert_true(approvals_next(&list, &found));
    assert_true(bytes_equal(found.nonce, request.nonce));
    assert_false(approvals_next(&list, &found));
    list = approvals_for_run(facts, acme(), run_id, (struct bytes){0});
    assert_false(approvals_next(&list, &found));
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    list = approvals_for_run(facts, acme(), run_id, bytes_of_text("step"));
    assert_true(approvals_next(&list, &found));
    list = approvals_for_run(facts, acme(), run_id, (struct bytes){0});
    assert_true(approvals_next(&list, &found));
    list = approvals_for_run(facts, acme(), run_id, bytes_of_text("other"));
    assert_false(approvals_next(&list, &found));
    rule_world_free(world);
}

/* An approval of an edited action is found under that action. */
static void approvals_next_edited(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct hash edited;
    struct approval_request found;
    struct approvals list;

    (void)state;
    hash_sha256(&edited, (struct bytes){0});
    approval_world_request(world, "{}");
    assert_true(approval_world_vote(
        world, "usr_approver",
        "{\"outcome\": \"approve-edited\", \"reason\": {\"code\": \"less\","
        " \"description\": \"a smaller amount\"}, \"edited_action_digest\":"
        " \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\", \"edit\":"
        " {\"before\": \"@request.shown\", \"after\": \"@request.shown\"}}"));
    list = approvals_for_action(rule_world_facts(world), acme(), hash_bytes(&edited));
    assert_true(approvals_next(&list, &found));
    assert_true(bytes_equal(found.bound_digest, hash_bytes(&edited)));
    rule_world_free(world);
}

/* Approved versions are found by what they are. */
static void approvals_next_object(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct record_fields memory = {0};
    struct approval_request found;
    struct approvals list;
    struct buf object = {0};
    struct err err = {0};

    (void)state;
    dcbor_put_map(&object, 2);
    dcbor_put_literal(&object, "id");
    dcbor_put_literal(&object, "review");
    dcbor_put_literal(&object, "version");
    dcbor_put_literal(&object, "2");
    assert_true(record_fields_read(&memory, bytes_of_buf(&object), &err));
    approval_world_request(world, "{\"subject\": {\"kind\": \"workflow-version\", \"object\":"
                                  " {\"id\": \"review\", \"version\": \"2\"}}, \"environment\":"
                                  " \"test\"}");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    list = approvals_for_object(rule_world_facts(world), acme(),
                                bytes_of_text("workflow-version"), memory.fields);
    assert_true(approvals_next(&list, &found));
    assert_int_equal(found.environment, ENVIRONMENT_TEST);
    list = approvals_for_object(rule_world_facts(world), acme(), bytes_of_text("deployment"),
                                memory.fields);
    assert_false(approvals_next(&list, &found));
    record_fields_cleanup(&memory);
    buf_cleanup(&object);
    rule_world_free(world);
}

/* Of many requests for one action the newest are found, newest first. */
static void approvals_next_newest(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct approval_request newest;
    struct approval_request found;
    struct approvals list;
    unsigned count = 0;

    (void)state;
    for (unsigned i = 0; i < APPROVAL_LIST_MAX + 3; i++)
        approval_world_request(world, "{}");
    newest = approval_world_get(world);
    list = approvals_for_action(rule_world_facts(world), acme(), newest.action_digest);
    for (uint64_t index = newest.index; approvals_next(&list, &found); index = found.index) {
        assert_true(found.index <= index);
        count++;
    }
    assert_int_equal(count, APPROVAL_LIST_MAX);
    rule_world_free(world);
}

/* Nonces and tokens stay used, approvals are counted within an hour. */
static void approval_used_for_ever(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    struct facts *facts = rule_world_facts(world);
    struct bytes approver = bytes_of_text("usr_approver");
    uint64_t now_ms = 1800000000000;
    struct hash unused = {{0}};

    (void)state;
    assert_false(approval_nonce_is_used(facts, hash_bytes(&unused)));
    assert_false(approval_token_is_used(facts, hash_bytes(&unused)));
    approval_world_request(world, "{}");
    assert_true(approval_nonce_is_used(facts, approval_world_get(world).nonce));
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    assert_int_equal(approval_count_in_hour(facts, acme(), approver, now_ms), 1);
    assert_int_equal(approval_count_in_hour(facts, acme(), approver, now_ms + 3600000), 0);
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(approval_request_quorum),
        cmocka_unit_test(approval_role_next_counts),
        cmocka_unit_test(approval_request_outcomes),
        cmocka_unit_test(approval_state_at_expiry),
        cmocka_unit_test(approval_use_once),
        cmocka_unit_test(approvals_next_found),
        cmocka_unit_test(approvals_next_edited),
        cmocka_unit_test(approvals_next_object),
        cmocka_unit_test(approvals_next_newest),
        cmocka_unit_test(approval_used_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
