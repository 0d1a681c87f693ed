/* The rules for how an approver signed in and when, in more than one way each. */
#include "schemas/rules/approval_facts.h"

#include <stdio.h>

#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"

static struct rule_world *asked(const char *request)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    approval_world_request(world, request);
    return world;
}

static void refused(struct rule_world *world, const char *who, const char *json,
                    const char *rule, const char *code)
{
    if (approval_world_vote(world, who, json))
        fail_msg("admitted: %s %s", who, json == NULL ? "" : json);
    rule_world_assert_refused(world, rule, code, NULL);
}

static void admitted(struct rule_world *world, const char *who, const char *json)
{
    if (!approval_world_vote(world, who, json))
        fail_msg("%s %s: %s", who, json == NULL ? "" : json, rule_world_verdict(world));
}

/* AP16: every way to sign in, with one factor, two, and a telephone as the second. */
static void factors(void **state)
{
    static const struct {
        const char *amr;
        bool is_enough;
        bool is_weak;
    } ways[] = {
        {"[\"pwd\"]", false, false},          {"[\"pwd\", \"pin\"]", false, false},
        {"[\"pwd\", \"hwk\"]", true, false},  {"[\"mfa\"]", true, false},
        {"[\"pwd\", \"sms\"]", true, true},   {"[\"pwd\", \"tel\", \"otp\"]", true, false},
        {"[\"geo\", \"user\"]", false, false}, {"[\"fpt\", \"swk\"]", true, false},
    };
    char json[300];

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct rule_world *world = asked("{}");

        snprintf(json, sizeof(json),
                 "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_approver\", \"authentication\":"
                 " {\"iss\": \"https://login.example\", \"amr\": %s,"
                 " \"auth_time\": \"@now_s\"}}}", ways[i].amr);
        assert_int_equal(approval_world_vote(world, "usr_approver", json), ways[i].is_enough);
        assert_int_equal(rule_world_is_flagged(world, "AP16", "weak-mfa"), ways[i].is_weak);
        rule_world_free(world);
    }
}

/* AP16: not signed in at all. */
static void factors_missing(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    refused(world, "usr_approver",
            "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_approver\"}}", "AP16",
            "mfa-missing");
    rule_world_free(world);
}

/* AP17: issued after the decision; a decision before the sign-in, before the request, ahead. */
static void decision_times(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    refused(world, "usr_approver",
            "{\"token\": {\"jti_hash\": \"@unique\", \"iat\": \"@now_s+1\","
            " \"exp\": \"@now_s+10\"}}", "AP17", "token-expired");
    refused(world, "usr_approver",
            "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_approver\", \"authentication\":"
            " {\"iss\": \"https://login.example\", \"amr\": [\"mfa\"],"
            " \"auth_time\": \"@now_s+1\"}}}", "AP17", "decided-outside");
    refused(world, "usr_approver", "{\"decided_at_ms\": \"@now-1\"}", "AP17", "decided-outside");
    refused(world, "usr_approver",
            "{\"decided_at_ms\": \"@now+300001\", \"token\": {\"jti_hash\": \"@unique\","
            " \"iat\": \"@now_s\", \"exp\": \"@now_s+900\"}}", "AP17", "decided-outside");
    admitted(world, "usr_approver", NULL);
    rule_world_free(world);
}

/* AP17: a token serves one approval whoever shows it, of whatever request. */
static void token_reused(void **state)
{
    struct rule_world *world = asked("{\"quorum\": 2}");

    (void)state;
    admitted(world, "usr_approver", NULL);
    refused(world, "usr_second", "{\"token\": \"@approval.token\"}", "AP17", "token-reused");
    approval_world_request(world, "{}");
    refused(world, "usr_approver", "{\"token\": \"@approval.token\"}", "AP17", "token-reused");
    rule_world_free(world);
}

/* AP27: more approvals by one person within an hour than the tenant's threshold. */
static void rapid_by_number(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, NULL, "log-metadata",
                    "{\"profile\": \"observe\", \"thresholds\": {\"approvals_per_hour\": 2,"
                    " \"rapid_approval_ms\": 0}}");
    for (unsigned i = 0; i < 3; i++) {
        approval_world_request(world, "{}");
        admitted(world, "usr_approver", NULL);
        assert_int_equal(rule_world_is_flagged(world, "AP27", "rapid-approval"), i == 2);
    }
    rule_world_advance(world, 3600000);
    approval_world_request(world, "{\"approval_matrix\": {\"id\": \"matrix\","
                                  " \"version\": \"1\"}}");
    admitted(world, "usr_approver", NULL);
    assert_false(rule_world_is_flagged(world, "AP27", "rapid-approval"));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors),
        cmocka_unit_test(factors_missing),
        cmocka_unit_test(decision_times),
        cmocka_unit_test(token_reused),
        cmocka_unit_test(rapid_by_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
