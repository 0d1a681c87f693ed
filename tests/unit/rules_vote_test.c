/* The rules for answering a request for approval, in more than one way each. */
#include "schemas/rules/approval_facts.h"

#include <stdio.h>

#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"

#define REJECT                                                                                 \
    "{\"outcome\": \"reject\", \"reason\": {\"code\": \"no\", \"description\": \"not ours\"}}"
#define EXPIRE                                                                                 \
    "{\"outcome\": \"expire\", \"token\": null, \"actor\":"                                    \
    " {\"kind\": \"system\", \"id\": \"service\"}}"
#define EDITED                                                                                 \
    "{\"outcome\": \"approve-edited\", \"reason\": {\"code\": \"less\", \"description\":"      \
    " \"half of it\"}, \"edit\": {\"before\": \"@request.shown\","                             \
    " \"after\": \"@request.shown\"}, \"edited_action_digest\":"                               \
    " \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}"

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

/* AP10: nothing follows a rejection, a withdrawal or an approval, and nothing answers what is not
 * there. */
static void request_closed(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    admitted(world, "usr_approver", REJECT);
    refused(world, "usr_second", NULL, "AP10", "request-closed");
    approval_world_request(world, "{}");
    admitted(world, "usr_requester", "{\"outcome\": \"withdraw\", \"token\": null}");
    refused(world, "usr_second", NULL, "AP10", "request-closed");
    approval_world_request(world, "{}");
    admitted(world, "usr_approver", NULL);
    refused(world, "usr_requester", "{\"outcome\": \"withdraw\", \"token\": null}", "AP10",
            "request-closed");
    rule_world_free(world);
}

/* AP10: what is decided in time but received after the expiry comes too late. */
static void request_expired(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    rule_world_advance(world, 3599999);
    admitted(world, "usr_approver", "{\"outcome\": \"abstain\"}");
    rule_world_advance(world, 1);
    refused(world, "usr_second", "{\"decided_at_ms\": \"@now-1\"}", "AP10", "request-closed");
    admitted(world, "service", EXPIRE);
    refused(world, "service", EXPIRE, "AP10", "request-closed");
    rule_world_free(world);
}

/* AP10: a request takes so many votes and no more. */
static void request_full(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);
    char id[32];

    (void)state;
    approval_world_request(world, "{\"quorum\": 16}");
    for (unsigned i = 0; i < APPROVAL_VOTES_MAX; i++) {
        snprintf(id, sizeof(id), "usr_many_%u", i);
        approval_world_person(world, id, "[\"approver\"]", NULL);
        admitted(world, id, "{\"outcome\": \"abstain\", \"token\": null}");
    }
    refused(world, "usr_approver", NULL, "AP10", "request-closed");
    rule_world_free(world);
}

/* AP11: neither another digest nor another nonce. */
static void binding_refused(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    refused(world, "usr_approver", "{\"action_digest\": \"@unique\"}", "AP11", "ad-mismatch");
    refused(world, "usr_approver", "{\"nonce\": \"@unique\"}", "AP11", "ad-mismatch");
    rule_world_free(world);
}

/* AP12: who is registered as an agent does not become human by saying so; systems do not vote. */
static void human_refused(void **state)
{
    struct rule_world *world = asked("{\"requester\": \"usr_trigger\"}");

    (void)state;
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"grant\", \"roles\": [\"approver\"], \"principal\":"
                    " {\"kind\": \"agent\", \"id\": \"agent_worker\"}}");
    refused(world, "agent_worker", NULL, "AP12", "not-human");
    refused(world, "service", "{\"actor\": {\"kind\": \"system\", \"id\": \"usr_approver\"},"
                              " \"outcome\": \"abstain\"}",
            "AP12", "not-human");
    rule_world_free(world);
}

static void grant_approver(struct rule_world *world, const char *id)
{
    char json[200];

    snprintf(json, sizeof(json),
             "{\"operation\": \"grant\", \"roles\": [\"approver\"],"
             " \"principal\": {\"kind\": \"human\", \"id\": \"%s\"}}", id);
    rule_world_must(world, "idp", "identity", json);
}

/* AP13: not the requester, ... */
static void self_requester(void **state)
{
    struct rule_world *world = asked("{\"requester\": \"usr_approver\"}");

    (void)state;
    refused(world, "usr_approver", NULL, "AP13", "self-approval");
    refused(world, "usr_approver", REJECT, "AP13", "self-approval");
    admitted(world, "usr_second", NULL);
    rule_world_free(world);
}

/* AP13: ... not the owner of the agent that asked, ... */
static void self_owner(void **state)
{
    struct rule_world *world = asked("{\"requester\": \"agent_worker\"}");

    (void)state;
    grant_approver(world, "usr_requester");
    refused(world, "usr_requester", NULL, "AP13", "self-approval");
    rule_world_free(world);
}

/* AP13: ... not even after the agent got another owner, who cannot approve either, ... */
static void self_owner_changed(void **state)
{
    struct rule_world *world = asked("{\"requester\": \"agent_worker\"}");

    (void)state;
    grant_approver(world, "usr_requester");
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"grant\", \"scopes\": [\"x\"], \"principal\": {\"kind\":"
                    " \"agent\", \"id\": \"agent_worker\", \"on_behalf_of\": \"usr_second\"}}");
    refused(world, "usr_requester", NULL, "AP13", "self-approval");
    refused(world, "usr_second", NULL, "AP13", "self-approval");
    admitted(world, "usr_approver", NULL);
    rule_world_free(world);
}

/* AP13: ... not who sent the request, nor for whom it was sent, ... */
static void self_actor(void **state)
{
    struct rule_world *world = asked("{\"actor\": {\"kind\": \"human\", \"id\": \"usr_approver\","
                                     " \"on_behalf_of\": \"usr_second\"}}");

    (void)state;
    refused(world, "usr_approver", NULL, "AP13", "self-approval");
    refused(world, "usr_second", NULL, "AP13", "self-approval");
    admitted(world, "usr_officer", NULL);
    rule_world_free(world);
}

/* AP13: ... not who triggered the run, nor anybody on behalf of one of these. */
static void self_trigger(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    grant_approver(world, "usr_trigger");
    refused(world, "usr_trigger", NULL, "AP13", "self-approval");
    refused(world, "usr_approver",
            "{\"actor\": {\"kind\": \"human\", \"id\": \"usr_approver\", \"on_behalf_of\":"
            " \"usr_trigger\", \"authentication\": {\"iss\": \"https://login.example\","
            " \"amr\": [\"mfa\"], \"auth_time\": \"@now_s-60\"}}}",
            "AP13", "self-approval");
    rule_world_free(world);
}

/* AP14: a role counts from the entry after its grant, and no longer after its revocation. */
static void role_at_decision(void **state)
{
    struct rule_world *world = asked("{\"quorum\": 3}");

    (void)state;
    refused(world, "usr_other", NULL, "AP14", "role-missing");
    refused(world, "usr_unknown", NULL, "AP14", "role-missing");
    grant_approver(world, "usr_other");
    admitted(world, "usr_other", NULL);
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"revoke\", \"roles\": [\"approver\"], \"principal\":"
                    " {\"kind\": \"human\", \"id\": \"usr_approver\"}}");
    refused(world, "usr_approver", NULL, "AP14", "role-missing");
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"suspend\", \"principal\":"
                    " {\"kind\": \"human\", \"id\": \"usr_second\"}}");
    refused(world, "usr_second", NULL, "AP14", "role-missing");
    rule_world_free(world);
}

#define PUBLISH                                                                                \
    "{\"subject\": {\"kind\": \"workflow-version\", \"object\": {\"id\": \"review\","          \
    " \"version\": \"2\"}}, \"environment\": \"test\", \"risk\": \"low\"}"

/* AP15: who wrote the version, or one before it that was never published. */
static void author_of_version(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_approver\"], \"environment\": \"test\"}");
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_second\"], \"environment\": \"test\", \"target\":"
                    " {\"kind\": \"workflow\", \"to_version\": {\"id\": \"review\","
                    " \"version\": \"2\"}, \"from_version\": {\"id\": \"review\","
                    " \"version\": \"1\"}}}");
    approval_world_request(world, PUBLISH);
    refused(world, "usr_second", NULL, "AP15", "editor-approver");
    refused(world, "usr_approver", NULL, "AP15", "editor-approver");
    admitted(world, "usr_officer", NULL);
    rule_world_free(world);
}

/* AP15: a prompt, too, and a policy by who logged it. */
static void author_of_other_things(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_approver\"], \"environment\": \"test\", \"target\":"
                    " {\"kind\": \"prompt\", \"to_version\": {\"id\": \"sum\","
                    " \"version\": \"2\"}}}");
    approval_world_request(world, "{\"subject\": {\"kind\": \"prompt-version\", \"object\":"
                                  " {\"id\": \"sum\", \"version\": \"2\"}}, \"environment\":"
                                  " \"test\", \"risk\": \"low\"}");
    refused(world, "usr_approver", NULL, "AP15", "editor-approver");
    rule_world_must(world, "ci", "policy-version",
                    "{\"policy\": {\"id\": \"pii\", \"version\": \"3\"}, \"environment\":"
                    " \"test\", \"actor\": {\"kind\": \"human\", \"id\": \"usr_second\"}}");
    approval_world_request(world, "{\"subject\": {\"kind\": \"policy-version\", \"object\":"
                                  " {\"id\": \"pii\", \"version\": \"3\"}}, \"environment\":"
                                  " \"test\", \"risk\": \"low\"}");
    refused(world, "usr_second", NULL, "AP15", "editor-approver");
    admitted(world, "usr_approver", NULL);
    rule_world_free(world);
}

/* AP15: where the risk is not high, who wrote the workflow may approve what a run of it does. */
static void author_of_workflow_of_run(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "workflow-change",
                    "{\"authors\": [\"usr_approver\"], \"environment\": \"test\"}");
    approval_world_request(world, "{}");
    refused(world, "usr_approver", NULL, "AP15", "editor-approver");
    rule_world_must(world, "engine", "run-start",
                    "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\", \"risk\": \"medium\"}");
    approval_world_request(world, "{\"risk\": \"medium\", \"subject\": {\"kind\": \"run\","
                                  " \"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\"}}");
    admitted(world, "usr_approver", NULL);
    rule_world_free(world);
}

/* AP19: an abstention is a vote, too. */
static void vote_once(void **state)
{
    struct rule_world *world = asked("{\"quorum\": 2}");

    (void)state;
    admitted(world, "usr_approver", "{\"outcome\": \"abstain\"}");
    refused(world, "usr_approver", NULL, "AP19", "duplicate-vote");
    admitted(world, "usr_second", NULL);
    refused(world, "usr_second", REJECT, "AP19", "duplicate-vote");
    assert_int_equal(approval_world_get(world).approval_count, 1);
    rule_world_free(world);
}

/* AP20: the same person in two votes of one statement is one person. */
static void vote_once_in_statement(void **state)
{
    struct rule_world *world = asked("{\"quorum\": 2}");

    (void)state;
    rule_world_add(world, "service", "approval", "{}");
    rule_world_add(world, "service", "approval", "{}");
    assert_false(rule_world_submit(world, "service"));
    rule_world_assert_refused(world, "AP19", "duplicate-vote", "/1/actor/id");
    assert_int_equal(approval_world_get(world).approval_count, 0);
    rule_world_free(world);
}

/* AP21: once one approver edited, the others approve that, and nothing else. */
static void edited_together(void **state)
{
    struct rule_world *world = asked("{\"quorum\": 2}");

    (void)state;
    admitted(world, "usr_approver", EDITED);
    refused(world, "usr_second", NULL, "AP21", "ad-mismatch");
    admitted(world, "usr_second", EDITED);
    assert_int_equal(approval_world_get(world).state, APPROVAL_APPROVED);
    approval_world_request(world, "{}");
    refused(world, "usr_approver",
            "{\"edited_action_digest\": \"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}", "AP21",
            "edit-missing");
    rule_world_free(world);
}

#define AUTOMATIC(policy, amount, unit, score)                                                 \
    "{\"actor\": {\"kind\": \"system\", \"id\": \"service\"}, \"token\": null, \"outcome\":"   \
    " \"auto-approve\", \"auto_approval\": {\"threshold_policy\": {\"id\": \"" policy          \
    "\", \"version\": \"1\"}, \"amount\": " amount ", \"unit\": \"" unit "\"" score "}}"
#define SCORE ", \"score_bp\": 8000"

/* AP22: another unit, no score or a low one, another kind of policy, a human, a higher risk. */
static void threshold_refused(void **state)
{
    struct rule_world *world = asked("{\"subject\": {\"kind\": \"action\"}, \"risk\": \"low\","
                                     " \"environment\": \"test\"}");

    (void)state;
    refused(world, "", AUTOMATIC("auto", "1", "USD", SCORE), "AP22", "threshold");
    refused(world, "", AUTOMATIC("auto", "1", "EUR", ""), "AP22", "threshold");
    refused(world, "", AUTOMATIC("auto", "1", "EUR", ", \"score_bp\": 7999"), "AP22",
            "threshold");
    refused(world, "", AUTOMATIC("matrix", "1", "EUR", SCORE), "AP22", "threshold");
    refused(world, "usr_approver",
            "{\"outcome\": \"auto-approve\", \"auto_approval\": {\"threshold_policy\":"
            " {\"id\": \"auto\", \"version\": \"1\"}, \"amount\": 1, \"unit\": \"EUR\","
            " \"score_bp\": 9000}}", "AP22", "threshold");
    refused(world, "", "{\"actor\": {\"kind\": \"system\", \"id\": \"service\"},"
                       " \"outcome\": \"auto-approve\"}", "AP22", "threshold");
    admitted(world, "", AUTOMATIC("auto", "1", "EUR", SCORE));
    assert_int_equal(approval_world_get(world).state, APPROVAL_APPROVED);
    approval_world_request(world, "{\"risk\": \"low\"}"); /* in a run of high risk */
    refused(world, "", AUTOMATIC("auto", "1", "EUR", SCORE), "AP22", "threshold");
    rule_world_free(world);
}

/* AP24: another digest than the request's. */
static void shown_flagged(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    admitted(world, "usr_approver",
             "{\"shown\": {\"algorithm\": \"sha-256\", \"digest\": \"@unique\"}}");
    assert_true(rule_world_is_flagged(world, "AP24", "shown-mismatch"));
    rule_world_free(world);
}

/* AP25: a description or an attachment, where one rejects. */
static void reason_given(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    refused(world, "usr_approver", "{\"outcome\": \"reject\"}", "AP25", "reason-missing");
    admitted(world, "usr_approver",
             "{\"outcome\": \"reject\", \"reason\": {\"code\": \"no\", \"attachment\":"
             " {\"algorithm\": \"sha-256\", \"digest\": \"@unique\"}}}");
    rule_world_free(world);
}

/* AP26: nobody says that a request expired before it did, and only a system says it. */
static void expire_refused(void **state)
{
    struct rule_world *world = asked("{}");

    (void)state;
    refused(world, "service", EXPIRE, "AP26", "outcome-actor");
    rule_world_advance(world, 3600000);
    refused(world, "usr_approver", "{\"outcome\": \"expire\"}", "AP26", "outcome-actor");
    admitted(world, "service", EXPIRE);
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_closed),
        cmocka_unit_test(request_expired),
        cmocka_unit_test(request_full),
        cmocka_unit_test(binding_refused),
        cmocka_unit_test(human_refused),
        cmocka_unit_test(self_requester),
        cmocka_unit_test(self_owner),
        cmocka_unit_test(self_owner_changed),
        cmocka_unit_test(self_actor),
        cmocka_unit_test(self_trigger),
        cmocka_unit_test(role_at_decision),
        cmocka_unit_test(author_of_version),
        cmocka_unit_test(author_of_other_things),
        cmocka_unit_test(author_of_workflow_of_run),
        cmocka_unit_test(vote_once),
        cmocka_unit_test(vote_once_in_statement),
        cmocka_unit_test(edited_together),
        cmocka_unit_test(threshold_refused),
        cmocka_unit_test(shown_flagged),
        cmocka_unit_test(reason_given),
        cmocka_unit_test(expire_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
