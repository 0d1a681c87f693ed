/*
 * A rule_world in which approvals can be asked for and given: issuers "engine" (engine), "service"
 * (approval-service), "console" (override-console), "idp" (identity-provider) and "ci"
 * (change-manager); people with their roles; the policies "matrix" (approval-matrix), "auto"
 * (auto-threshold) in the environment "test"; and a run of high risk, triggered by usr_trigger.
 *
 *   usr_requester, usr_trigger, usr_reviewer, usr_other   no roles
 *   usr_approver, usr_second                              approver
 *   usr_officer                                           approver, officer
 *   usr_overrider, usr_partner                            scope override
 *   agent_worker                                          an agent, owned by usr_requester
 */
#ifndef VOUCH_TESTS_SUPPORT_APPROVAL_WORLD_H
#define VOUCH_TESTS_SUPPORT_APPROVAL_WORLD_H

#include "tests/support/rule_world.h"

/* The run and the node that templates name. */
#define APPROVAL_RUN_ID "AZpAAAAAAAAAAAAAAAAAAQ"
extern const uint8_t APPROVAL_RUN_ID_BYTES[16];

struct rule_world *approval_world_new(enum profile profile);

/* Makes one of a world in which the log has said its rules. */
void approval_world_prepare(struct rule_world *world);

/* Registers somebody; roles and scopes are JSON arrays, NULL for none. */
void approval_world_person(struct rule_world *world, const char *id, const char *roles,
                           const char *scopes);

/* The request of the template, with changes, by "engine"; called "request". */
void approval_world_request(struct rule_world *world, const char *json);

/* An approval of "request" by this person, with changes (NULL: none), by "service"; called
 * "approval" when it is admitted. Returns whether it is. */
bool approval_world_vote(struct rule_world *world, const char *who, const char *json);

/* The facts of "request" as last called so. */
struct approval_request;
struct approval_request approval_world_get(struct rule_world *world);

#endif
