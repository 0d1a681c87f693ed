/* A request as its approver sees it, and whether it can still be decided. */
#include "client/decision/request_card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/rules/approval_facts.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"

static const char REQUEST[] =
    "{\"type\":\"approval-request\",\"nonce\":\"AAECAwQFBgcICQoLDA0ODw\","
    "\"requester\":\"usr_41c\",\"actor\":{\"kind\":\"service\",\"id\":\"svc_engine\"},"
    "\"subject\":{\"kind\":\"action\",\"node_id\":\"sign\"},"
    "\"action\":{\"operation\":\"contract.sign\",\"resource\":\"contract/8841\","
    "\"arguments\":{\"algorithm\":\"sha-256\",\"digest\":\"AAAA\"},"
    "\"extent\":\"all\\n  risk          low\"},"
    "\"risk\":\"high\",\"quorum\":2,\"role_quorum\":{\"legal\":1},\"expires_at_ms\":1000,"
    "\"action_digest\":\"%s\"}";

/* With the digest of its action, or with another one. */
static void make_request(struct open_request *out, struct buf *memory, const char *digest)
{
    char *json = mem_format(REQUEST, digest);
    struct err err = {0};

    *out = (struct open_request){.expires_at_ms = 1000};
    assert_true(view_parse_json(memory, bytes_of_text(json), &err));
    assert_true(record_fields_read(&out->record.fields, bytes_of_buf(memory), &err));
    free(json);
}

static void add_vote(struct open_request *request, const char *outcome, const char *actor,
                     const char *role)
{
    struct vote *vote = &request->votes.items[request->votes.count++];

    vote->index = request->votes.count;
    snprintf(vote->outcome, sizeof(vote->outcome), "%s", outcome);
    snprintf(vote->actor, sizeof(vote->actor), "%s", actor);
    snprintf(vote->role, sizeof(vote->role), "%s", role);
}

static const char OTHER_DIGEST[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* A request whose digest is not that of its action and subject is no request to decide on. */
static void open_request_bind_digest(void **state)
{
    struct open_request request;
    struct buf memory = {0};
    struct err err = {0};

    (void)state;
    make_request(&request, &memory, OTHER_DIGEST);
    assert_false(open_request_bind(&request, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    open_request_cleanup(&request);
    buf_cleanup(&memory);
}

/* It is open until it expires, is rejected, or enough people with the roles asked for approve. */
static void open_request_check_votes(void **state)
{
    struct open_request request;
    struct buf memory = {0};
    struct err err = {0};

    (void)state;
    make_request(&request, &memory, OTHER_DIGEST);
    assert_true(open_request_check(&request, 999, &err));
    assert_false(open_request_check(&request, 1000, &err));
    add_vote(&request, "approve", "usr_1", "");
    add_vote(&request, "approve", "usr_1", "legal");
    add_vote(&request, "abstain", "usr_2", "legal");
    assert_int_equal(votes_count_approvers(&request.votes, NULL), 1);
    assert_true(open_request_check(&request, 999, &err));
    add_vote(&request, "approve", "usr_3", "");
    assert_int_equal(votes_count_approvers(&request.votes, NULL), 2);
    assert_true(open_request_check(&request, 999, &err)); /* nobody from legal */
    add_vote(&request, "approve-edited", "usr_4", "legal");
    assert_false(open_request_check(&request, 999, &err));
    request.votes.count = 1;
    add_vote(&request, "reject", "usr_5", "");
    assert_false(open_request_check(&request, 999, &err));
    assert_non_null(strstr(err.text, "reject by usr_5 in entry 2"));
    open_request_cleanup(&request);
    buf_cleanup(&memory);
}

/* No text of a request makes a line that looks like another member of it. */
static void request_card_append_lines(void **state)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    struct log_view view = {.trust = {.policy = policy}};
    struct open_request request;
    struct buf memory = {0};
    struct buf card = {0};
    size_t risks = 0;

    (void)state;
    make_request(&request, &memory, OTHER_DIGEST);
    add_vote(&request, "approve", "usr_1", "legal");
    request_card_append(&card, &request, &view, 500);
    assert_non_null(strstr(buf_text(&card), "\n  approved by   1 of 2\n"));
    assert_non_null(strstr(buf_text(&card), "\n    in role     legal: 1 of 1\n"));
    assert_non_null(strstr(buf_text(&card), "\n  risk          high\n"));
    for (const char *at = buf_text(&card); (at = strstr(at, "\n  risk")) != NULL; at++)
        risks++;
    assert_int_equal(risks, 1);
    open_request_cleanup(&request);
    buf_cleanup(&memory);
    buf_cleanup(&card);
    free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_request_bind_digest),
        cmocka_unit_test(open_request_check_votes),
        cmocka_unit_test(request_card_append_lines),
    };

    return cmocka_run_group_tests_name("request_card", tests, NULL, NULL);
}
