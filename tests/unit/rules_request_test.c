/* The rules for asking for an approval, in more than one way each. */
#include "schemas/rules/approval_lists.h"

#include "tests/support/approval_world.h"
#include "tests/support/cmocka_all.h"

static void refused(struct rule_world *world, const char *json, const char *rule,
                    const char *code, const char *path)
{
    if (rule_world_say(world, "engine", "approval-request", json))
        fail_msg("admitted: %s", json);
    rule_world_assert_refused(world, rule, code, path);
}

static void admitted(struct rule_world *world, const char *json)
{
    rule_world_must(world, "engine", "approval-request", json);
}

/* AP1: of another kind, not yet or no longer in force, with another content. */
static void matrix_refused(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    refused(world, "{\"approval_matrix\": {\"id\": \"auto\", \"version\": \"1\"}}", "AP1",
            "policy-unknown", "/approval_matrix/id");
    refused(world, "{\"approval_matrix\": {\"id\": \"matrix\", \"version\": \"1\", \"content\":"
                   " {\"algorithm\": \"sha-256\", \"digest\": \"@unique\"}}}",
            "AP1", "policy-unknown", "/approval_matrix/content");
    rule_world_must(world, "ci", "policy-version",
                    "{\"policy\": {\"id\": \"matrix\", \"version\": \"2\"}, \"environment\":"
                    " \"test\", \"kind\": \"approval-matrix\", \"effective_at_ms\":"
                    " \"@now+60000\", \"parameters\": {\"quorum\": 1}}");
    refused(world, "{\"approval_matrix\": {\"id\": \"matrix\", \"version\": \"2\"}}", "AP1",
            "policy-unknown", "/approval_matrix/version");
    admitted(world, "{}");
    rule_world_advance(world, 60000);
    refused(world, "{}", "AP1", "policy-unknown", "/approval_matrix/version");
    admitted(world, "{\"approval_matrix\": {\"id\": \"matrix\", \"version\": \"2\"}}");
    rule_world_free(world);
}

/* AP1: a matrix for tests has no say where the record, its action or its run is in production. */
static void matrix_environment(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    refused(world, "{\"environment\": \"production\"}", "AP1", "policy-unknown",
            "/approval_matrix/id");
    refused(world, "{\"subject\": {\"kind\": \"action\"}}", "AP1", "policy-unknown",
            "/approval_matrix/id");
    rule_world_must(world, "engine", "run-start",
                    "{\"run_id\": \"AZpAAAAAAAAAAAAAAAAAAg\", \"environment\": \"production\"}");
    refused(world, "{\"environment\": \"test\", \"subject\": {\"kind\": \"run\", \"run_id\":"
                   " \"AZpAAAAAAAAAAAAAAAAAAg\"}}",
            "AP1", "policy-unknown", "/approval_matrix/id");
    rule_world_free(world);
}

/* AP3: neither when it is made nor before. */
static void expiry_refused(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    refused(world, "{\"expires_at_ms\": \"@now\"}", "AP3", "expiry", "/expires_at_ms");
    refused(world, "{\"expires_at_ms\": 253402300799999}", "AP3", "expiry", "/expires_at_ms");
    admitted(world, "{\"expires_at_ms\": \"@now+1\"}");
    rule_world_free(world);
}

/* AP4: a nonce is used up in every tenant and by every issuer. */
static void nonce_refused_across_tenants(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    approval_world_request(world, "{}");
    assert_false(rule_world_say(world, "service", "approval-request",
                                "{\"nonce\": \"@request.nonce\"}"));
    rule_world_assert_refused(world, "AP4", "nonce-reuse", "/nonce");
    assert_true(approval_nonce_is_used(rule_world_facts(world), approval_world_get(world).nonce));
    rule_world_free(world);
}

/* AP5: fewer of a role than the matrix asks for, or a matrix for other risks. */
static void quorum_against_matrix(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    refused(world, "{\"role_quorum\": {\"officer\": 1}}", "AP5", "quorum-too-low",
            "/role_quorum");
    admitted(world, "{\"role_quorum\": {\"approver\": 2, \"officer\": 1}, \"quorum\": 3}");
    rule_world_must(world, "ci", "policy-version",
                    "{\"policy\": {\"id\": \"two\", \"version\": \"1\"}, \"environment\": \"test\","
                    " \"kind\": \"approval-matrix\", \"parameters\": {\"quorum\": 2,"
                    " \"applies_to_risks\": [\"high\"]}}");
    refused(world, "{\"approval_matrix\": {\"id\": \"two\", \"version\": \"1\"}}", "AP5",
            "quorum-too-low", "/quorum");
    admitted(world, "{\"approval_matrix\": {\"id\": \"two\", \"version\": \"1\"}, \"quorum\": 2}");
    refused(world, "{\"approval_matrix\": {\"id\": \"two\", \"version\": \"1\"}, \"quorum\": 2,"
                   " \"risk\": \"critical\"}",
            "AP5", "quorum-too-low", "/approval_matrix");
    rule_world_free(world);
}

/* AP5: a request cannot make its run less risky than it is. */
static void quorum_for_highest_risk(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "policy-version",
                    "{\"policy\": {\"id\": \"easy\", \"version\": \"1\"}, \"environment\":"
                    " \"test\", \"kind\": \"approval-matrix\", \"parameters\": {\"quorum\": 1,"
                    " \"applies_to_risks\": [\"low\"]}}");
    refused(world, "{\"approval_matrix\": {\"id\": \"easy\", \"version\": \"1\"},"
                   " \"risk\": \"low\"}",
            "AP5", "quorum-too-low", "/approval_matrix");
    admitted(world, "{\"approval_matrix\": {\"id\": \"easy\", \"version\": \"1\"},"
                    " \"risk\": \"low\", \"subject\": {\"kind\": \"action\"},"
                    " \"environment\": \"test\"}");
    rule_world_free(world);
}

/* AP5: what the contract of the run's workflow asks for at the node. */
static void quorum_against_contract(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "ci", "workflow-change",
                    "{\"environment\": \"test\", \"contract\": {\"expected_inputs\": [],"
                    " \"expected_output\": \"decision\", \"decision_supported\": \"pay\","
                    " \"risk\": \"low\", \"gates\": [{\"node_id\": \"step\", \"tier\": \"block\","
                    " \"required_roles\": [\"officer\"]}], \"separation_of_duties\":"
                    " {\"quorum\": 2}}}");
    refused(world, "{\"quorum\": 1}", "AP5", "quorum-too-low", "/quorum");
    refused(world, "{\"quorum\": 2}", "AP5", "quorum-too-low", "/role_quorum");
    admitted(world, "{\"quorum\": 2, \"role_quorum\": {\"approver\": 1, \"officer\": 1}}");
    rule_world_free(world);
}

/* AP5: as many roles and holders of one as a request may have, and no more. */
static void quorum_too_large(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    refused(world, "{\"role_quorum\": {\"approver\": 17}}", "AP5", "quorum-too-large",
            "/role_quorum");
    refused(world, "{\"role_quorum\": {\"a\": 1, \"b\": 1, \"c\": 1, \"d\": 1, \"e\": 1, \"f\": 1,"
                   " \"g\": 1, \"h\": 1, \"i\": 1, \"j\": 1, \"k\": 1, \"l\": 1, \"m\": 1,"
                   " \"n\": 1, \"o\": 1, \"p\": 1, \"approver\": 1}}",
            "AP5", "quorum-too-large", "/role_quorum");
    rule_world_free(world);
}

/* AP28: an agent's owner, or the human it says it acts for, is enough; below high risk nobody is
 * asked. */
static void requester_resolved(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    refused(world, "{\"requester\": \"usr_unknown\"}", "AP28", "requester-unresolved",
            "/requester");
    admitted(world, "{\"requester\": \"agent_worker\"}");
    admitted(world, "{\"requester\": \"bot\", \"actor\": {\"kind\": \"agent\", \"id\": \"bot\","
                    " \"on_behalf_of\": \"usr_other\"}}");
    refused(world, "{\"requester\": \"bot\", \"actor\": {\"kind\": \"agent\", \"id\": \"other\","
                   " \"on_behalf_of\": \"usr_other\"}}",
            "AP28", "requester-unresolved", "/requester");
    admitted(world, "{\"requester\": \"bot\", \"subject\": {\"kind\": \"action\"},"
                    " \"environment\": \"test\", \"risk\": \"medium\"}");
    rule_world_must(world, "idp", "identity",
                    "{\"operation\": \"suspend\", \"principal\":"
                    " {\"kind\": \"human\", \"id\": \"usr_requester\"}}");
    refused(world, "{\"requester\": \"agent_worker\"}", "AP28", "requester-unresolved",
            "/requester");
    rule_world_free(world);
}

/* AP28: owners that own each other lead nowhere, in bounded time. */
static void requester_owned_in_circle(void **state)
{
    struct rule_world *world = approval_world_new(PROFILE_OBSERVE);

    (void)state;
    rule_world_must(world, "idp", "identity",
                    "{\"principal\": {\"kind\": \"agent\", \"id\": \"a\","
                    " \"on_behalf_of\": \"b\"}}");
    rule_world_must(world, "idp", "identity",
                    "{\"principal\": {\"kind\": \"agent\", \"id\": \"b\","
                    " \"on_behalf_of\": \"a\"}}");
    refused(world, "{\"requester\": \"a\"}", "AP28", "requester-unresolved", "/requester");
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_refused),
        cmocka_unit_test(matrix_environment),
        cmocka_unit_test(expiry_refused),
        cmocka_unit_test(nonce_refused_across_tenants),
        cmocka_unit_test(quorum_against_matrix),
        cmocka_unit_test(quorum_for_highest_risk),
        cmocka_unit_test(quorum_against_contract),
        cmocka_unit_test(quorum_too_large),
        cmocka_unit_test(requester_resolved),
        cmocka_unit_test(requester_owned_in_circle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
