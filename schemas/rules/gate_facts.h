/* What the gate granted, and what policies decided about the nodes it is asked about. */
#ifndef VOUCH_SCHEMAS_RULES_GATE_FACTS_H
#define VOUCH_SCHEMAS_RULES_GATE_FACTS_H

#include "schemas/rules/rule.h"

/*
 * FACT_GATE_GRANT (tenant, record_id): [index, run_id, node_id, action digest, granted to, expires
 * at, has override, used by]
 */
struct gate_grant {
    struct bytes record_id; /* the asker's bytes, not part of the value */
    uint64_t index;         /* of its entry */
    struct bytes run_id;
    struct bytes node_id;
    struct bytes action_digest;
    struct bytes granted_to;
    uint64_t expires_at_ms;
    bool has_override;
    struct bytes used_by;    /* record_id of the event that used it; empty: unused */
};

bool gate_grant_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                    struct gate_grant *out);
void gate_grant_put(struct facts *facts, struct bytes tenant, const struct gate_grant *grant);

/* Numbers are stored: never change one. */
enum node_verdict_kind {
    VERDICT_DENIED, /* by "deny", or by "error": what could not be checked was not allowed */
    VERDICT_ROUTED, /* to an approval */
    VERDICT_KIND_COUNT,
};

/* FACT_NODE_VERDICT (tenant, run_id, node_id): [kind, policy id] for each policy whose newest
 * evaluation at the node decided so, one after the other. */
struct node_verdict {
    enum node_verdict_kind kind;
    struct bytes policy_id;
};

enum { NODE_VERDICTS_MAX = 32 }; /* of a node; with one more the node stays denied for good */

/* Whether some policy's newest evaluation there decided so, and which policy; with an empty id when
 * there were more than are kept. */
bool node_verdict_find(struct facts *facts, struct bytes tenant, struct bytes run_id,
                       struct bytes node_id, enum node_verdict_kind kind,
                       struct bytes *out_policy_id);

#endif
