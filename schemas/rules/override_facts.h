/* Overrides: who went around a control, where, until when, and whether somebody looked at it. */
#ifndef VOUCH_SCHEMAS_RULES_OVERRIDE_FACTS_H
#define VOUCH_SCHEMAS_RULES_OVERRIDE_FACTS_H

#include "schemas/rules/run_facts.h"

/* Numbers are stored: never change one. */
enum override_kind {
    OVERRIDE_BREAK_GLASS,
    OVERRIDE_SKIP_STEP,
    OVERRIDE_POLICY_BYPASS,
    OVERRIDE_EDIT_OUTPUT,
    OVERRIDE_KILL_SWITCH,
    OVERRIDE_FORCE_DEPLOY,
    OVERRIDE_KIND_COUNT,
};

/*
 * FACT_OVERRIDE (tenant, record_id): [index, kind, begins at, expires at, review due at, actor,
 * second actor, reviewer, run_id, node_id, has incident, review]
 */
struct override {
    struct bytes record_id; /* the asker's bytes, not part of the value */
    uint64_t index;         /* of its entry */
    enum override_kind kind;
    uint64_t begins_at_ms; /* in force for begins_at_ms <= t < expires_at_ms */
    uint64_t expires_at_ms;
    uint64_t review_due_at_ms;
    struct bytes actor;
    struct bytes second_actor; /* may be empty */
    struct bytes reviewer;     /* who is to look at it */
    struct bytes run_id;       /* empty: of all runs of the version its subject names */
    struct bytes node_id;      /* empty: of every node */
    bool has_incident;
    struct bytes review; /* record_id of the override-review; empty while there is none */
};

bool override_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                  struct override *out);

/* The override that the override-review of this context is about; false when it is not logged. */
bool override_of_review(const struct rule_context *context, struct override *out);

/* Of the override record of this context: the run its subject or else its header names. */
struct bytes override_run_id(const struct rule_context *context);

/* break-glass, skip-step, policy-bypass, force-deploy: it takes the place of an approval. */
bool override_kind_excuses(enum override_kind kind);

/* Where something happens that an override may cover. */
struct override_place {
    struct facts *facts;
    struct bytes tenant;
    struct bytes run_id;
    struct bytes node_id;  /* empty: anywhere in the run */
    const struct run *run; /* may be zero */
};

enum { OVERRIDES_MAX = 16 }; /* the newest of a run, and of a version, that are looked at */

/*
 * The newest override that excuses, covers the place and was in force at some time of
 * [begin_ms, end_ms]. Lists: FACT_OVERRIDE_LIST (tenant, "run" or "stop-run", run_id) and (tenant,
 * "version" or "stop-version", object id and version).
 */
bool override_excuses(const struct override_place *place, uint64_t begin_ms, uint64_t end_ms,
                      struct override *out);

/* A kill switch that covers the place and is in force. Of more than OVERRIDES_MAX in one list the
 * newest counts for good, as the older ones are no longer known. */
bool override_stops(const struct override_place *place, uint64_t at_ms, struct override *out);

#endif
