#include "schemas/rules/node_demand.h"

static enum risk_level higher(enum risk_level risk, const struct field *other)
{
    enum risk_level of_other = risk_level_find(field_text(other));

    return of_other > risk ? of_other : risk;
}

static void add_gates(struct node_demand *demand, const struct field *gates, struct bytes node_id)
{
    for (const struct field *gate = field_first(gates); gate != NULL;
         gate = field_next(gates, gate)) {
        if (!bytes_equal(field_text(field_get(gate, "node_id")), node_id))
            continue;
        if (gate_tier_of(field_get(gate, "tier")) == GATE_BLOCK)
            demand->is_blocking = true;
        if (demand->required_roles == NULL)
            demand->required_roles = field_get(gate, "required_roles");
    }
}

static void add_graph(struct node_demand *demand, const struct field *graph,
                      struct bytes node_id)
{
    const struct field *nodes = field_get(graph, "planned_nodes");

    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        if (bytes_equal(field_text(field_get(node, "node_id")), node_id))
            demand->risk = higher(demand->risk, field_get(node, "risk"));
    }
}

void node_demand_move(struct node_demand *demand, const struct run *run, struct bytes node_id)
{
    demand->risk = higher(run->risk, field_get(demand->contract, "risk"));
    demand->is_planned = demand->fact.graph.len == 0 || node_id.len == 0 ||
                         contract_has_node(&demand->fact, node_id);
    demand->is_blocking = false;
    demand->required_roles = NULL;
    add_gates(demand, field_get(demand->contract, "gates"), node_id);
    add_graph(demand, demand->graph, node_id);
}

void node_demand_get(struct node_demand *out, struct facts *facts, struct bytes tenant,
                     const struct run *run, struct bytes node_id)
{
    struct fact_key key = contract_key(tenant, bytes_of_text("workflow"), run->workflow_id,
                                       run->workflow_version);

    *out = (struct node_demand){.environment = environment_find(run->environment)};
    if (contract_get_at(facts, &key, &out->fact)) {
        out->contract = fact_map(&out->contract_memory, out->fact.contract);
        out->graph = fact_map(&out->graph_memory, out->fact.graph);
    }
    out->quorum = field_uint(field_at(out->contract, "separation_of_duties.quorum"), 0);
    node_demand_move(out, run, node_id);
}

void node_demand_cleanup(struct node_demand *demand)
{
    record_fields_cleanup(&demand->contract_memory);
    record_fields_cleanup(&demand->graph_memory);
}

bool reversibility_is_grave(const struct field *reversibility)
{
    return field_is_text(reversibility, "irreversible") ||
           field_is_text(reversibility, "externally-reversible");
}

bool node_demand_is_high(const struct node_demand *demand)
{
    return demand->risk >= RISK_HIGH || demand->is_blocking;
}
