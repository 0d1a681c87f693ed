/*
 * What a run's manifest is compared with: the digests of its events, its policy evaluations, the
 * parts of its manifest; and what later runs may refer to: its artifacts.
 */
#ifndef VOUCH_SCHEMAS_RULES_RUN_LISTS_H
#define VOUCH_SCHEMAS_RULES_RUN_LISTS_H

#include "schemas/rules/rule.h"

/* Beyond these, records are counted but no longer kept: the manifest cannot match then. */
enum {
    RUN_EVENTS_MAX = 65536,
    RUN_EVALUATIONS_MAX = 16384,
    RUN_PARTS_MAX = 64,
};

/* FACT_RUN_EVENTS (tenant, run_id) item n: record digests of the events [16 n, 16 n + 16), one
 * after the other. Adds this record as event number n. */
void rule_run_event_put(const struct rule_context *context, uint64_t n);

/* FACT_RUN_EVALUATION (tenant, run_id) item n: [record digest, node_id, policy id, policy kind,
 * decision, destination]. All borrowed from the facts. */
struct run_evaluation {
    struct bytes digest;
    struct bytes node_id;
    struct bytes policy_id;
    struct bytes policy_kind; /* empty: that version of the policy was not logged */
    struct bytes decision;
    struct bytes destination; /* may be empty */
};

/* What a value says; false when it was not written by rule_run_evaluation_put. */
bool run_evaluation_decode(struct run_evaluation *out, struct bytes value);

/* Evaluation number n of the record's run; false when it is not there. */
bool rule_run_evaluation(const struct rule_context *context, uint64_t n,
                         struct run_evaluation *out);
void rule_run_evaluation_put(const struct rule_context *context, uint64_t n);

/* SHA-256 over the record digests of the run's events (evaluations) so far, sorted and
 * concatenated, as in the tally of a manifest. False when there are more than are kept. */
bool rule_run_events_digest(const struct rule_context *context, struct hash *out);
bool rule_run_evaluations_digest(const struct rule_context *context, struct hash *out);

/* FACT_RUN_ARTIFACT (tenant, run_id, artifact_id): the artifact's content, as it is encoded in the
 * manifest or a part of it; empty when it has none. */
bool run_artifact_get(struct facts *facts, struct bytes tenant, struct bytes run_id,
                      struct bytes artifact_id, struct bytes *out_content);
void rule_run_artifact_put(const struct rule_context *context, const struct field *artifact);

/* FACT_RUN_PART (tenant, run_id) item n: [record digest, nodes, edges, artifacts] of the n-th part
 * that was logged; empty once the run is closed. */
struct run_part {
    struct bytes digest;
    struct bytes body; /* an array of three arrays: nodes, edges, artifacts */
};
bool rule_run_part(const struct rule_context *context, uint64_t n, struct run_part *out);
void rule_run_part_put(const struct rule_context *context, uint64_t n);
void rule_run_part_forget(const struct rule_context *context, uint64_t n);

/* FACT_RUN_REQUEST (tenant, run_id, cause): empty. Somebody was asked to approve something because
 * of this: a node_id, nothing for the whole run, or the record digest of the policy evaluation that
 * the request names. No id is written like a digest. */
void rule_run_request_put(const struct rule_context *context, struct bytes run_id,
                          struct bytes cause);
bool rule_run_was_requested(const struct rule_context *context, struct bytes cause);

#endif
