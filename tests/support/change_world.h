/*
 * An approval_world in which versions can be tested and approved for production: the policy "matrix"
 * is in force there too; "lab" (tester) tests; usr_author is a human without roles; usr_steward and
 * usr_steward2 are stewards and approvers.
 */
#ifndef VOUCH_TESTS_SUPPORT_CHANGE_WORLD_H
#define VOUCH_TESTS_SUPPORT_CHANGE_WORLD_H

#include "tests/support/approval_world.h"

/* Digests in base64url. */
#define DIGEST_1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE" /* of workflow-change.json */
#define DIGEST_2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI" /* of policy-version.json */
#define DIGEST_3 "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"

struct rule_world *change_world_new(enum profile profile);

/* A test that passed, of this content, by "lab". */
void change_world_test(struct rule_world *world, const char *kind, const char *digest);

/* A request for approval of a version, called "request", and the votes of one or two people (the
 * second may be NULL). environment: of the request. */
struct change_approval {
    const char *subject_kind;
    const char *id;
    const char *version;
    const char *digest;
    const char *environment;
    const char *first;
    const char *second;
};
void change_world_approve(struct rule_world *world, const struct change_approval *approval);

#endif
