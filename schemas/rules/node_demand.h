/*
 * What has to be true before a node of a run acts: how much is at risk there, and what the contract
 * of the run's workflow asks for.
 */
#ifndef VOUCH_SCHEMAS_RULES_NODE_DEMAND_H
#define VOUCH_SCHEMAS_RULES_NODE_DEMAND_H

#include "schemas/rules/risk_level.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/version_facts.h"

/* Borrows from the facts and from its own memory. */
struct node_demand {
    enum risk_level risk; /* the highest of the run's, the contract's and the planned node's */
    enum environment environment; /* of the run; where nobody says it, production */
    bool is_planned;      /* the node is in the version's graph, or no graph was logged */
    bool is_blocking;     /* the contract has a gate of tier "block" at the node */
    const struct field *required_roles; /* of the gates' there: the first that names any, or NULL */
    uint64_t quorum;                    /* of the contract's separation of duties; 0: not given */
    /* what the above was read from, and its memory */
    struct contract_fact fact;
    struct record_fields contract_memory;
    struct record_fields graph_memory;
    const struct field *contract;
    const struct field *graph;
};

/* run: may be zero; node_id may be empty: the run as a whole. Cleaned up by node_demand_cleanup. */
void node_demand_get(struct node_demand *out, struct facts *facts, struct bytes tenant,
                     const struct run *run, struct bytes node_id);
/* The same for another node of the run, from what was read before. */
void node_demand_move(struct node_demand *demand, const struct run *run, struct bytes node_id);

void node_demand_cleanup(struct node_demand *demand);

/* "irreversible" or "externally-reversible". */
bool reversibility_is_grave(const struct field *reversibility);

/* Rule EX4: whatever a node like this does needs an approval. */
bool node_demand_is_high(const struct node_demand *demand);

#endif
