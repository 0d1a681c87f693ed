/* What the nodes of a run document become: events, policy evaluations, and the manifest's nodes. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_NODES_H
#define VOUCH_SCHEMAS_RUN_RUN_NODES_H

#include "schemas/run/run_artifacts.h"
#include "schemas/run/run_records.h"

/* What the manifest says about one node, and which records were made of it. */
struct run_node {
    const struct field *node; /* in the document */
    size_t number;            /* its place among the nodes */
    uint64_t started_at_ms;
    uint64_t ended_at_ms;
    struct buf model_call; /* encoded, complete; empty: none; likewise the next two */
    struct buf tool_call;
    struct buf degradation;
    struct buf evaluations;     /* references, encoded one after the other */
    struct buf last_evaluation; /* the last of them; empty: none */
    size_t evaluation_count;
};

/*
 * Appends the node's records: its first event, its evaluations, its last events. out has node and
 * number, the rest is filled in.
 */
MUST_USE bool run_node_split(struct run_node *out, struct run_records *records,
                             const struct run_artifacts *artifacts, struct problem *problem);
void run_node_cleanup(struct run_node *node);

/* Appends the node as the manifest lists it. */
void run_node_put(struct buf *out, const struct run_node *node,
                  const struct run_artifacts *artifacts);

/* Appends a degradation-map; node_id: where it does not name one, NULL: it must. */
void run_degradation_put(struct buf *out, const struct field *degradation,
                         const struct field *node_id);

#endif
