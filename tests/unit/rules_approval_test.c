/* The rules for asking for approvals and for giving them, each holding and broken. */
#include "schemas/rules/approval_facts.h"

#include <stdio.h>

#include "schemas/rules/families.h"
#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HUMAN(id, amr)                                                                         \
    "\"actor\": {\"kind\": \"human\", \"id\": \"" id "\", \"authentication\":"                 \
    " {\"iss\": \"https://login.example\", \"amr\": " amr ", \"auth_time\": \"@now_s-60\"}}"
#define BY(id) HUMAN(id, "[\"pwd\", \"otp\"]")
#define SYSTEM "\"actor\": {\"kind\": \"system\", \"id\": \"service\"}, \"token\": null"
#define TOKEN(iat, exp)                                                                        \
    "\"token\": {\"jti_hash\": \"@unique\", \"iat\": \"" iat "\", \"exp\": \"" exp "\"}"
#define WHY "\"reason\": {\"code\": \"amount\", \"description\": \"half of it\"}"
#define EDITED                                                                                 \
    "\"outcome\": \"approve-edited\", " WHY ", \"edit\": {\"before\": \"@request.shown\","     \
    " \"after\": \"@request.shown\"}, \"edited_action_digest\":"                               \
    " \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\""
#define AUTOMATIC(amount, unit, score)                                                         \
    "{" SYSTEM ", \"outcome\": \"auto-approve\", \"auto_approval\": {\"threshold_policy\":"    \
    " {\"id\": \"auto\", \"version\": \"1\"}, \"amount\": " amount ", \"unit\": \"" unit       \
    "\", \"score_bp\": " score "}}"
#define DECIDED(ms_ago)                                                                        \
    "{\"decided_at_ms\": \"@now-" ms_ago "\", \"actor\": {\"kind\": \"human\", \"id\":"        \
    " \"usr_approver\", \"authentication\": {\"iss\": \"https://login.example\", \"amr\":"       \
    " [\"mfa\"], \"auth_time\": \"@now_s-3600\"}}, \"token\": {\"jti_hash\": \"@unique\","       \
    " \"iat\": \"@now_s-3600\", \"exp\": \"@now_s-500\"}}"
#define LOW_WITHOUT_RUN                                                                        \
    "{\"subject\": {\"kind\": \"action\"}, \"risk\": \"low\", \"environment\": \"test\"}"

#define LONG_TOKENS                                                                            \
    "{\"policy\": {\"id\": \"long\", \"version\": \"1\"}, \"kind\": \"approval-matrix\","           \
    " \"environment\": \"test\", \"parameters\": {\"quorum\": 1, \"role_quorum\":"                  \
    " {\"approver\": 1}, \"token_lifetime_s\": 86400, \"request_lifetime_s\": 86400,"               \
    " \"multi_factor_required\": true}}"

/* ---- histories ---- */

static void ask(struct rule_world *world)
{
    approval_world_request(world, "{}");
}

static void ask_long_ago(struct rule_world *world)
{
    rule_world_must(world, "ci", "policy-version", LONG_TOKENS);
    approval_world_request(world, "{\"occurred_at_ms\": \"@now-3600000\", \"approval_matrix\":"
                                  " {\"id\": \"long\", \"version\": \"1\"}}");
}

static void ask_for_two(struct rule_world *world)
{
    approval_world_request(world, "{\"quorum\": 2}");
    assert_true(approval_world_vote(world, "usr_second", NULL));
}

static void ask_low(struct rule_world *world)
{
    approval_world_request(world, LOW_WITHOUT_RUN);
}

/* "done" was approved, "request" is open. */
static void ask_again(struct rule_world *world)
{
    ask(world);
    rule_world_name(world, "done");
    assert_true(approval_world_vote(world, "usr_approver", NULL));
    ask(world);
}

static void ask_by_approver(struct rule_world *world)
{
    approval_world_request(world, "{\"requester\": \"usr_approver\"}");
}

static void ask_after_authorship(struct rule_world *world)
{
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_second\"], \"environment\": \"test\"}");
    ask(world);
}

/* "own" is about a run that the issuer "both" reports, "request" is not. */
static void ask_in_both(struct rule_world *world)
{
    rule_world_issuer(world, "both", "engine,approval-service");
    rule_world_must(world, "both", "run-start", "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}");
    rule_world_must(world, "engine", "approval-request",
                    "{\"subject\": {\"kind\": \"run\", \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}}");
    rule_world_name(world, "own");
    ask(world);
}

static void use_token(struct rule_world *world)
{
    ask(world);
    assert_true(approval_world_vote(world, "usr_second", NULL));
    ask(world);
}

#define ANSWER(request)                                                                        \
    "{\"approval_request\": \"@" request "\", \"action_digest\": \"@" request                  \
    ".action_digest\", \"nonce\": \"@" request ".nonce\"}"

#define JTI_HASH "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

static void use_known_token(struct rule_world *world)
{
    ask(world);
    assert_true(approval_world_vote(world, "usr_second",
                                    "{\"token\": {\"jti_hash\": \"" JTI_HASH "\", \"iat\":"
                                    " \"@now_s-10\", \"exp\": \"@now_s+100\"}}"));
}

/* The log has checked the token of "approval". */
#define CHECKED(record_id, digest)                                                             \
    "{\"operation\": \"token-check\", \"admission_rules\": null, \"token_check\": {"            \
    "\"tenant\": \"acme\", \"approval\": {\"record_id\": \"" record_id "\", \"record_digest\":"  \
    " \"" digest "\"}, \"iss\": \"https://login.example\", \"jti_hash\":"                      \
    " \"" JTI_HASH "\", \"key_set\": {\"algorithm\": \"sha-256\", \"digest\":"      \
    " \"@unique\"}, \"checked_at_ms\": \"@now\"}}"

static const struct rule_row rows[] = {
    {"AP1", "policy-unknown", "engine", "approval-request", "{}",
     "{\"approval_matrix\": {\"id\": \"none\", \"version\": \"1\"}}", "/approval_matrix/id", NULL},
    {"AP2", "ad-mismatch", "engine", "approval-request", "{}",
     "{\"action_digest\": \"@unique\"}", "/action_digest", NULL},
    {"AP2", "run-mismatch", "engine", "approval-request",
     "{\"run_id\": \"" APPROVAL_RUN_ID "\"}", "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}",
     "/subject/run_id", NULL},
    {"AP3", "expiry", "engine", "approval-request", "{\"expires_at_ms\": \"@now+7200000\"}",
     "{\"expires_at_ms\": \"@now+7200001\"}", "/expires_at_ms", NULL},
    {"AP4", "nonce-reuse", "engine", "approval-request", "{}",
     "{\"nonce\": \"@request.nonce\"}", "/nonce", ask},
    {"AP5", "quorum-too-low", "engine", "approval-request", "{}", "{\"quorum\": 0}", "/quorum",
     NULL},
    {"AP5", "quorum-too-large", "engine", "approval-request", "{\"quorum\": 16}",
     "{\"quorum\": 17}", "/quorum", NULL},
    {"AP28", "requester-unresolved", "engine", "approval-request",
     "{\"requester\": \"agent_worker\"}", "{\"requester\": \"engine\"}", "/requester", NULL},

    {"AP10", "request-closed", "service", "approval", "{}", ANSWER("done"), "/approval_request",
     ask_again},
    {"AP11", "ad-mismatch", "service", "approval", "{}", "{\"action_digest\": \"@unique\"}",
     "/action_digest", ask},
    {"AP12", "not-human", "service", "approval", "{}",
     "{\"actor\": {\"kind\": \"agent\", \"id\": \"usr_approver\"}}", "/actor/kind", ask},
    {"AP13", "self-approval", "service", "approval", "{" BY("usr_second") "}", "{}", "/actor/id",
     ask_by_approver},
    {"AP14", "role-missing", "service", "approval", "{}", "{" BY("usr_other") "}", "/actor/id",
     ask},
    {"AP15", "editor-approver", "service", "approval", "{}", "{" BY("usr_second") "}",
     "/actor/id", ask_after_authorship},
    {"AP19", "duplicate-vote", "service", "approval", "{}", "{" BY("usr_second") "}",
     "/actor/id", ask_for_two},
    {"AP21", "edit-missing", "service", "approval", "{" EDITED "}",
     "{\"outcome\": \"approve-edited\", " WHY "}", "/edit", ask},
    {"AP21", "ad-mismatch", "service", "approval", "{}", "{" EDITED "}", "/edited_action_digest",
     ask_for_two},
    {"AP22", "threshold", "service", "approval", AUTOMATIC("100", "EUR", "8000"),
     AUTOMATIC("101", "EUR", "8000"), "/auto_approval/amount", ask_low},
    {"AP23", "issuer-not-isolated", "both", "approval", "{}", ANSWER("own"),
     "/approval_request", ask_in_both},
    {"AP24", "shown-mismatch", "service", "approval", "{}", "{\"shown\": null}", NULL, ask},
    {"AP25", "reason-missing", "service", "approval", "{\"outcome\": \"reject\", " WHY "}",
     "{\"outcome\": \"reject\"}", "/reason", ask},
    {"AP26", "outcome-actor", "service", "approval",
     "{\"outcome\": \"withdraw\", \"token\": null, " BY("usr_requester") "}",
     "{\"outcome\": \"withdraw\", \"token\": null, " BY("usr_other") "}", "/actor/id", ask},

    {"AP16", "mfa-missing", "service", "approval", "{}",
     "{" HUMAN("usr_approver", "[\"pwd\"]") "}", "/actor/authentication/amr", ask},
    {"AP16", "weak-mfa", "service", "approval", "{}",
     "{" HUMAN("usr_approver", "[\"pwd\", \"sms\"]") "}", NULL, ask},
    {"AP17", "token-missing", "service", "approval", "{}", "{\"token\": null}", "/token", ask},
    {"AP17", "token-expired", "service", "approval", "{" TOKEN("@now_s-10", "@now_s+1") "}",
     "{" TOKEN("@now_s-10", "@now_s") "}", "/token/exp", ask},
    {"AP17", "token-too-long", "service", "approval", "{" TOKEN("@now_s-10", "@now_s+890") "}",
     "{" TOKEN("@now_s-10", "@now_s+891") "}", "/token/exp", ask},
    {"AP17", "token-reused", "service", "approval", "{}", "{\"token\": \"@approval.token\"}",
     "/token/jti_hash", use_token},
    {"AP17", "decided-outside", "service", "approval", "{}",
     "{\"decided_at_ms\": \"@now-1000\"}", "/decided_at_ms", ask},
    {"AP17", "check-unfounded", NULL, "log-metadata", CHECKED("@approval/id", "@approval/digest"),
     CHECKED("@approval/id", "@request/digest"), "/token_check/approval",
     use_known_token},
    {"AP18", "late-approval", "service", "approval", DECIDED("600000"), DECIDED("600001"), NULL,
     ask_long_ago},
    {"AP27", "rapid-approval", "service", "approval", DECIDED("3595000"), DECIDED("3595001"),
     NULL, ask_long_ago},
};

/* Each rule lets the good pass, stops the bad, and is what stops it. */
static void rules_approval_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), approval_world_new);
}

/* No rule of these tables is without a row above. */
static void rules_approval_complete(void **state)
{
    (void)state;
    rule_rows_check_complete(rows, COUNT(rows), rules_request, rules_request_count);
    rule_rows_check_complete(rows, COUNT(rows), rules_vote, rules_vote_count);
    rule_rows_check_complete(rows, COUNT(rows), rules_outcome, rules_outcome_count);
    rule_rows_check_complete(rows, COUNT(rows), rules_token, rules_token_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_approval_rows),
        cmocka_unit_test(rules_approval_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
