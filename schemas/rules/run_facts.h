/*
 * Runs, as the records so far tell them: how a run began, what was counted in it, how it closed.
 * A run is known from the first record that names it, be that its run-start or not.
 */
#ifndef VOUCH_SCHEMAS_RULES_RUN_FACTS_H
#define VOUCH_SCHEMAS_RULES_RUN_FACTS_H

#include "schemas/rules/risk_level.h"
#include "schemas/rules/rule.h"

/* Numbers of these three are stored: never change one. */
enum run_mode {
    RUN_MODE_UNKNOWN,
    RUN_LIVE,
    RUN_SHADOW,
    RUN_DRY_RUN,
    RUN_REPLAY,
    RUN_SIMULATE,
    RUN_MODE_COUNT,
};

enum run_status {
    RUN_OPEN, /* no manifest yet */
    RUN_SUCCESS,
    RUN_FAILED,
    RUN_BLOCKED,
    RUN_CANCELLED,
    RUN_PARTIAL,
    RUN_STATUS_COUNT,
};

enum run_bit {
    RUN_HAS_START = 1,
    RUN_HAS_MANIFEST = 2,
    RUN_HAS_IMAGE = 4,     /* this and what follows: of the environment snapshot in the run-start */
    RUN_HAS_ENDPOINTS = 8, /* or a gateway */
    RUN_HAS_DEPENDENCIES = 16,
    RUN_HAS_PROMPTS = 32,
    RUN_HAS_CORPORA = 64,
    RUN_BITS_ALL = 127,
};

/* One run. Of several run-starts, and of several manifests, the first counts. */
struct run {
    /* FACT_RUN (tenant, run_id). Of the run-start; where there is none but a manifest, the
     * manifest's as far as it says so. */
    uint64_t bits;            /* set of enum run_bit; 0: neither run-start nor manifest yet */
    uint64_t start_index;     /* of its entry */
    uint64_t started_at_ms;   /* when it occurred */
    struct bytes issuer;      /* who said it, */
    struct bytes kid;         /* and with which key */
    struct bytes environment; /* "production", ... */
    enum risk_level risk;
    enum run_mode mode;
    struct bytes workflow_id;
    struct bytes workflow_version;
    struct bytes workflow_digest; /* of its content; empty: not given */
    struct bytes triggered_by;
    struct bytes side_effect_key; /* may be empty */
    /* FACT_RUN, too. Of the manifest. */
    enum run_status status;
    uint64_t manifest_index;
    uint64_t ended_at_ms;
    /* FACT_RUN_COUNTS (tenant, run_id): [events, evaluations, parts, has_fallback] */
    uint64_t event_count;
    uint64_t evaluation_count;
    uint64_t part_count;
    bool has_fallback; /* an event was a fallback, or said that something was degraded */
};

/* What is borrowed is the facts'. False, and all zero, when no record named the run. */
bool run_get(struct facts *facts, struct bytes tenant, struct bytes run_id, struct run *out);

/*
 * The record's own run, as it was before this record; all zero when nothing is known of it, or the
 * record is in no run. Read once a statement. Valid until the record's effects.
 */
const struct run *rule_run(const struct rule_context *context);

/* A fact about the record's run whose key parts are (tenant, run_id). */
struct fact_key rule_run_key(const struct rule_context *context, enum fact_kind kind);

/* The workflow the record names, else the one its run names; may be empty. */
struct bytes rule_workflow_id(const struct rule_context *context);
struct bytes rule_workflow_version(const struct rule_context *context);

/* The effects write them: FACT_RUN and FACT_RUN_COUNTS of the record's run. */
void rule_run_put(const struct rule_context *context, const struct run *run);
void rule_run_put_counts(const struct rule_context *context, const struct run *run);

bool run_is_started(const struct run *run);
bool run_is_closed(const struct run *run);
bool run_is_live_production(const struct run *run);

const char *run_mode_name(enum run_mode mode);       /* "unknown", "live", ... */
const char *run_status_name(enum run_status status); /* "open", "success", ... */
enum run_mode run_mode_find(struct bytes name);      /* RUN_MODE_UNKNOWN when it is none */
enum run_status run_status_find(struct bytes name);  /* RUN_OPEN when it is none */

/* FACT_RUN_NODE (tenant, run_id, node_id) item attempt: one byte, how far this attempt has got. */
enum attempt_state {
    ATTEMPT_NONE,
    ATTEMPT_STARTED,
    ATTEMPT_ENDED,
};

/* Of the execution-event's own node and attempt. */
enum attempt_state rule_attempt_state(const struct rule_context *context);
void rule_attempt_put(const struct rule_context *context, enum attempt_state state);

/*
 * Who used a side effect's key first, in the record's workflow. FACT_RUN_SIDE_EFFECT (tenant,
 * workflow id, side_effect_key): the run_id of a live run that succeeded. FACT_EVENT_SIDE_EFFECT,
 * with the same key parts: [run_id, node_id] of a side-effect event of a live run.
 */
bool rule_run_side_effect(const struct rule_context *context, struct bytes side_effect_key,
                          struct bytes *out_run_id);
bool rule_event_side_effect(const struct rule_context *context, struct bytes side_effect_key,
                            struct bytes *out_run_id, struct bytes *out_node_id);
/* Keeps the first. */
void rule_run_side_effect_put(const struct rule_context *context, struct bytes side_effect_key);
void rule_event_side_effect_put(const struct rule_context *context, struct bytes side_effect_key);

#endif
