/*
 * What policies decided in a run, all its evaluations taken together, for the rules about its
 * manifest. Where a node evaluated one policy several times, the last decision counts.
 */
#ifndef VOUCH_SCHEMAS_RULES_RUN_DECISIONS_H
#define VOUCH_SCHEMAS_RULES_RUN_DECISIONS_H

#include "schemas/rules/manifest_view.h"

enum node_decision {
    NODE_CHECKED = 1, /* its content was looked at: a policy of kind content, redaction, residency */
    NODE_DENIED = 2,
    NODE_ROUTED = 4,  /* to somebody who approves, and no request names the decision */
};

struct run_decisions {
    bool is_filled;
    bool is_too_large;          /* there are more evaluations than are kept */
    struct name_table policies; /* ids of those evaluated at least once */
    struct name_table nodes;    /* node_ids */
    struct name_table allowed;  /* destinations that the last egress evaluation for them allowed */
    unsigned *node_bits;        /* set of enum node_decision, by number in nodes */
    /* memory */
    size_t node_capacity;
    struct name_table steps; /* "node_id policy_id", and likewise destinations: what was decided */
    struct run_step *last;
    size_t step_capacity;
    struct buf name;
};

/* Of the run of this context's record. Read once a record. */
const struct run_decisions *rule_run_decisions(const struct rule_context *context);

void run_decisions_cleanup(struct run_decisions *decisions); /* accepts a zeroed one */

/* Set of enum node_decision; 0 for a node where nothing was evaluated. */
unsigned run_decisions_at(const struct run_decisions *decisions, struct bytes node_id);

/* Sets the marks of the manifest's nodes: 1 where evaluations came to any of these, else 0. */
void rule_mark_decided(const struct rule_context *context, struct manifest_view *view,
                       unsigned bits);

#endif
