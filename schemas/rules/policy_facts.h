/* Versions of policies: which were logged, when they hold, and what they ask for. */
#ifndef VOUCH_SCHEMAS_RULES_POLICY_FACTS_H
#define VOUCH_SCHEMAS_RULES_POLICY_FACTS_H

#include "schemas/rules/rule.h"
#include "schemas/rules/words.h"

/*
 * FACT_POLICY (tenant, environment, id, version): [index, digest, kind, tier, effective at, ends at,
 * replaced at, replaced by, version before, issuer, authors, owners, parameters]
 *
 * Every environment has its own line of versions of a policy, so that a version logged for tests
 * needs no approval and has no say in production. Where an environment has none of its own, the one
 * of production holds there too.
 */
struct policy_fact {
    struct bytes id;
    struct bytes version;
    enum environment environment; /* whose line of versions it is in */
    uint64_t index;           /* of its entry */
    struct bytes digest;      /* of policy.content, else of executable_form */
    struct bytes kind;        /* "approval-matrix", ... */
    enum gate_tier tier;
    uint64_t effective_at_ms;
    uint64_t ends_at_ms;      /* UINT64_MAX: open */
    uint64_t replaced_at_ms;  /* a later version takes effect; UINT64_MAX while none does */
    struct bytes replaced_by; /* its version; empty while there is none */
    struct bytes before;      /* the version that was the newest when this was logged; or empty */
    struct bytes issuer;
    struct bytes authors;     /* item_set: the actor and whom it acts for */
    struct bytes owners;      /* encoded owners-map or empty */
    struct bytes parameters;  /* encoded policy-parameters or empty; read with fact_map */
};

/* Whose policy, and where. The environment is the record's own: environment_of. */
struct policy_place {
    struct facts *facts;
    struct bytes tenant;
    enum environment environment;
};
struct policy_place policy_place_of(const struct rule_context *context);

/* versioned: a field with id and version. */
bool policy_get(const struct policy_place *place, const struct field *versioned,
                struct policy_fact *out);
bool policy_get_version(const struct policy_place *place, struct bytes id, struct bytes version,
                        struct policy_fact *out);

/* The version logged last, in force or not yet. */
bool policy_newest(const struct policy_place *place, struct bytes id, struct policy_fact *out);

/* Effective, not ended and not replaced at that time. */
bool policy_is_in_force(const struct policy_fact *policy, uint64_t at_ms);

/* The version in force at that time, as far as the last POLICY_WALK_MAX versions tell. */
enum { POLICY_WALK_MAX = 256 };
bool policy_in_force(const struct policy_place *place, struct bytes id, uint64_t at_ms,
                     struct policy_fact *out);

/* FACT_MATRIX (tenant): empty. Whether production ever had a policy of kind approval-matrix. */
bool policy_has_matrix(struct facts *facts, struct bytes tenant);

bool policy_is_kind(const struct policy_fact *policy, const char *kind);

/* One number or truth value of its parameters, without taking memory. */
uint64_t policy_uint(const struct policy_fact *policy, const char *parameter, uint64_t otherwise);
bool policy_is_true(const struct policy_fact *policy, const char *parameter);

#endif
