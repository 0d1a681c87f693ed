#include "tests/support/approval_world.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/rules/approval_facts.h"
#include "tests/support/cmocka_all.h"

const uint8_t APPROVAL_RUN_ID_BYTES[16] = {0x01, 0x9a, 0x40, [15] = 0x01};

#define MATRIX \
    "{\"policy\": {\"id\": \"matrix\", \"version\": \"1\"}, \"kind\": \"approval-matrix\"," \
    " \"environment\": \"test\", \"parameters\": {\"quorum\": 1, \"role_quorum\":" \
    " {\"approver\": 1}, \"token_lifetime_s\": 900, \"request_lifetime_s\": 7200," \
    " \"multi_factor_required\": true}}"
#define AUTO \
    "{\"policy\": {\"id\": \"auto\", \"version\": \"1\"}, \"kind\": \"auto-threshold\"," \
    " \"environment\": \"test\", \"ends_at_ms\": \"@now+86400000\", \"parameters\":" \
    " {\"auto_approval_maximum\": 100, \"auto_approval_unit\": \"EUR\"," \
    " \"auto_approval_minimum_score_bp\": 8000, \"applies_to_risks\": [\"low\", \"medium\"]}}"

void approval_world_person(struct rule_world *world, const char *id, const char *roles,
                           const char *scopes)
{
    char json[512];

    snprintf(json, sizeof(json),
             "{\"operation\": \"register\", \"roles\": %s, \"scopes\": %s,"
             " \"principal\": {\"kind\": \"human\", \"id\": \"%s\"}}",
             roles == NULL ? "null" : roles, scopes == NULL ? "null" : scopes, id);
    rule_world_must(world, "idp", "identity", json);
}

static void add_people(struct rule_world *world)
{
    approval_world_person(world, "usr_requester", NULL, NULL);
    approval_world_person(world, "usr_trigger", NULL, NULL);
    approval_world_person(world, "usr_reviewer", NULL, NULL);
    approval_world_person(world, "usr_other", NULL, NULL);
    approval_world_person(world, "usr_approver", "[\"approver\"]", NULL);
    approval_world_person(world, "usr_second", "[\"approver\"]", NULL);
    approval_world_person(world, "usr_officer", "[\"approver\", \"officer\"]", NULL);
    approval_world_person(world, "usr_overrider", NULL, "[\"override\"]");
    approval_world_person(world, "usr_partner", NULL, "[\"override\"]");
    rule_world_must(world, "idp", "identity",
                        "{\"operation\": \"register\", \"principal\": {\"kind\": \"agent\","
                        " \"id\": \"agent_worker\", \"on_behalf_of\": \"usr_requester\"}}");
}

void approval_world_prepare(struct rule_world *world)
{
    rule_world_issuer(world, "engine", "engine");
    rule_world_issuer(world, "service", "approval-service");
    rule_world_issuer(world, "console", "override-console");
    rule_world_issuer(world, "idp", "identity-provider");
    rule_world_issuer(world, "ci", "change-manager");
    add_people(world);
    rule_world_must(world, "ci", "policy-version", MATRIX);
    rule_world_must(world, "ci", "policy-version", AUTO);
    rule_world_must(world, "engine", "run-start", "{\"risk\": \"high\"}");
}

struct rule_world *approval_world_new(enum profile profile)
{
    struct rule_world *world = rule_world_new(profile);

    approval_world_prepare(world);
    return world;
}

void approval_world_request(struct rule_world *world, const char *json)
{
    rule_world_must(world, "engine", "approval-request", json);
    rule_world_name(world, "request");
}

bool approval_world_vote(struct rule_world *world, const char *who, const char *json)
{
    json_t *vote = json_pack("{s:{s:s, s:s, s:{s:s, s:[s,s], s:s}}}", "actor", "kind", "human",
                             "id", who, "authentication", "iss", "https://login.example", "amr",
                             "pwd", "otp", "auth_time", "@now_s-60");
    json_t *changes = json == NULL ? NULL : json_loads(json, 0, NULL);
    bool admitted;
    char *text;

    assert_true(json == NULL || changes != NULL);
    if (changes != NULL)
        json_object_update(vote, changes);
    text = json_dumps(vote, 0);
    admitted = rule_world_say(world, "service", "approval", text);
    if (admitted)
        rule_world_name(world, "approval");
    free(text);
    json_decref(changes);
    json_decref(vote);
    return admitted;
}

struct approval_request approval_world_get(struct rule_world *world)
{
    struct approval_request request;

    assert_true(approval_request_get(rule_world_facts(world), rule_world_tenant(world),
                                     rule_world_named_id(world, "request"), &request));
    return request;
}
