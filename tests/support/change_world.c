#include "tests/support/change_world.h"

#include <stdio.h>

#include "tests/support/cmocka_all.h"

#define MATRIX                                                                                     \
    "{\"policy\": {\"id\": \"matrix\", \"version\": \"1\"}, \"kind\": \"approval-matrix\","         \
    " \"environment\": \"production\", \"parameters\": {\"quorum\": 1, \"role_quorum\":"            \
    " {\"approver\": 1}, \"token_lifetime_s\": 900, \"request_lifetime_s\": 7200,"                  \
    " \"multi_factor_required\": true}}"

struct rule_world *change_world_new(enum profile profile)
{
    struct rule_world *world = approval_world_new(profile);

    rule_world_issuer(world, "lab", "tester");
    approval_world_person(world, "usr_author", NULL, NULL);
    approval_world_person(world, "usr_steward", "[\"approver\", \"steward\"]", NULL);
    approval_world_person(world, "usr_steward2", "[\"approver\", \"steward\"]", NULL);
    change_world_test(world, "policy-test", DIGEST_2);
    rule_world_must(world, "ci", "policy-version", MATRIX);
    return world;
}

void change_world_test(struct rule_world *world, const char *kind, const char *digest)
{
    char json[512];

    snprintf(json, sizeof(json),
             "{\"kind\": \"%s\", \"subject\": {\"kind\": \"deployment\", \"object\":"
             " {\"id\": \"x\", \"version\": \"1\", \"content\": {\"algorithm\": \"sha-256\","
             " \"digest\": \"%s\"}}}}",
             kind, digest);
    rule_world_must(world, "lab", "test-result", json);
}

void change_world_approve(struct rule_world *world, const struct change_approval *approval)
{
    char json[1024];

    snprintf(json, sizeof(json),
             "{\"environment\": \"%s\", \"run_id\": null, \"quorum\": %d, \"subject\":"
             " {\"kind\": \"%s\", \"object\": {\"id\": \"%s\", \"version\": \"%s\", \"content\":"
             " {\"algorithm\": \"sha-256\", \"digest\": \"%s\"}}}}",
             approval->environment, approval->second == NULL ? 1 : 2, approval->subject_kind,
             approval->id, approval->version, approval->digest);
    approval_world_request(world, json);
    assert_true(approval_world_vote(world, approval->first, NULL));
    if (approval->second != NULL)
        assert_true(approval_world_vote(world, approval->second, NULL));
}
