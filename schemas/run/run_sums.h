/* What a manifest sums up over a whole run: sets of what was used, and what was recorded. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_SUMS_H
#define VOUCH_SCHEMAS_RUN_RUN_SUMS_H

#include "schemas/run/run_nodes.h"

/* All nodes of a run, and the records made of them. */
struct run_whole {
    const struct run_records *records;
    const struct run_node *nodes;
    size_t node_count;
};

/* Puts models, policies, approvals, overrides, degradations and tally. */
void run_sums_put(struct record_maker *maker, const struct run_whole *whole);

#endif
