/* The rules for what a workflow promises when it is published: contract, graph, owners. */
#include "schemas/rules/families.h"

#include <stdio.h>

#include "schemas/rules/name_table.h"
#include "schemas/rules/policy_facts.h"
#include "schemas/rules/risk_level.h"
#include "schemas/rules/run_graph.h"
#include "schemas/rules/version_facts.h"

/* The workflow being published, as this record or an earlier one about the version describes it. */
struct published {
    struct record_fields memory[3];
    const struct field *contract; /* NULL: there is none */
    const struct field *graph;
    const struct field *owners;
};

static const struct field *said_or_known(const struct rule_context *context, const char *name,
                                         struct record_fields *memory, struct bytes known)
{
    const struct field *said = field_get(context->record, name);

    return said != NULL ? said : fact_map(memory, known);
}

/* False when the record publishes no workflow: the rules below do not concern it. */
static bool published_init(struct published *out, const struct rule_context *context)
{
    const struct field *target = field_get(context->record, "target");
    const struct field *to = field_get(target, "to_version");
    struct contract_fact contract = {0};
    struct version_fact version = {0};

    *out = (struct published){0};
    if (!field_is_text(field_get(context->record, "operation"), "publish") ||
        !field_is_text(field_get(target, "kind"), "workflow"))
        return false;
    contract_get_workflow(context, to, &contract);
    version_get_workflow(context, to, &version);
    out->contract = said_or_known(context, "contract", &out->memory[0], contract.contract);
    out->graph = said_or_known(context, "graph", &out->memory[1], contract.graph);
    out->owners = said_or_known(context, "owners", &out->memory[2], version.owners);
    return true;
}

/* Whether holds, when the record publishes a workflow. */
static bool of_published(const struct rule_context *context,
                         bool (*holds)(const struct rule_context *context,
                                       const struct published *published))
{
    struct published published;
    bool answer = !published_init(&published, context) || holds(context, &published);

    for (size_t i = 0; i < 3; i++)
        record_fields_cleanup(&published.memory[i]);
    return answer;
}

/* ---- W5 ---- */

static bool has_contract(const struct rule_context *context, const struct published *published)
{
    if (published->contract == NULL)
        return rule_broken_at(context, "/contract", NULL, "a contract");
    return published->graph != NULL || rule_broken_at(context, "/graph", NULL, "a graph");
}

static bool check_contract(const struct rule_context *context)
{
    return of_published(context, has_contract);
}

/* Owner, reviewer and steward: one person cannot be all three. */
static bool owners_differ(const struct field *owners)
{
    struct bytes owner = field_text(field_get(owners, "owner"));

    return !bytes_equal(owner, field_text(field_get(owners, "reviewer"))) ||
           !bytes_equal(owner, field_text(field_get(owners, "steward")));
}

static bool has_owners(const struct rule_context *context, const struct published *published)
{
    if (published->owners == NULL)
        return rule_broken_at(context, "/owners", NULL, "owner, reviewer and steward");
    return owners_differ(published->owners) ||
           rule_broken_at(context, "/owners", field_get(published->owners, "owner"),
                          "somebody else as reviewer or as steward");
}

static bool check_owners(const struct rule_context *context)
{
    return of_published(context, has_owners);
}

/* A graph by numbers, and the names they stand for. */
struct numbered {
    struct name_table names;
    struct run_graph graph;
};

static void numbered_cleanup(struct numbered *numbered)
{
    name_table_cleanup(&numbered->names);
    run_graph_cleanup(&numbered->graph);
}

/* The first node id that is there twice, or NULL. */
static const struct field *number_nodes(struct numbered *out, const struct field *graph)
{
    const struct field *nodes = field_get(graph, "planned_nodes");

    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        const struct field *id = field_get(node, "node_id");
        bool is_new;

        name_table_add(&out->names, field_text(id), &is_new);
        if (!is_new)
            return id;
    }
    run_graph_begin(&out->graph, out->names.count);
    return NULL;
}

/* The first end of an edge that is no node, or NULL. */
static const struct field *number_edges(struct numbered *out, const struct field *graph)
{
    const struct field *edges = field_get(graph, "planned_edges");

    for (const struct field *edge = field_first(edges); edge != NULL;
         edge = field_next(edges, edge)) {
        const struct field *from = field_get(edge, "from_node_id");
        const struct field *to = field_get(edge, "to_node_id");
        uint32_t from_number = name_table_find(&out->names, field_text(from));
        uint32_t to_number = name_table_find(&out->names, field_text(to));

        if (from_number == NAME_NONE || to_number == NAME_NONE)
            return from_number == NAME_NONE ? from : to;
        run_graph_add_edge(&out->graph, from_number, to_number, RUN_EDGE_CONTROL);
    }
    return NULL;
}

static bool is_joined(const struct rule_context *context, const struct published *published)
{
    struct numbered numbered = {0};
    const struct field *twice = number_nodes(&numbered, published->graph);
    const struct field *loose = twice == NULL ? number_edges(&numbered, published->graph) : NULL;

    numbered_cleanup(&numbered);
    if (twice != NULL)
        return rule_broken_at(context, "/graph/planned_nodes", twice, "every node_id once");
    return loose == NULL ||
           rule_broken_at(context, "/graph/planned_edges", loose, "a planned node");
}

static bool check_dangling(const struct rule_context *context)
{
    return of_published(context, is_joined);
}

static bool broken_by_cycle(const struct rule_context *context, struct bytes node_id)
{
    char have[64];

    snprintf(have, sizeof(have), "%.*s", (int)node_id.len, (const char *)node_id.data);
    return rule_broken(context, "/graph/planned_edges", have,
                       "no way from a node back to itself");
}

/* A graph that is not joined has no answer here: dag-dangling objects to it. */
static bool is_acyclic(const struct rule_context *context, const struct published *published)
{
    struct numbered numbered = {0};
    bool holds = true;
    uint32_t node;

    if (number_nodes(&numbered, published->graph) == NULL &&
        number_edges(&numbered, published->graph) == NULL &&
        !run_graph_is_acyclic(&numbered.graph, RUN_EDGE_CONTROL, &node))
        holds = broken_by_cycle(context, name_table_at(&numbered.names, node));
    numbered_cleanup(&numbered);
    return holds;
}

static bool check_cycle(const struct rule_context *context)
{
    return of_published(context, is_acyclic);
}

/* ---- W6 ---- */

static bool policies_are_in_force(const struct rule_context *context,
                                  const struct published *published)
{
    const struct field *policies = field_get(published->contract, "required_policies");
    struct policy_place place = policy_place_of(context);
    uint64_t now_ms = context->statement->received_at_ms;
    struct policy_fact found;

    for (const struct field *id = field_first(policies); id != NULL;
         id = field_next(policies, id)) {
        if (!policy_in_force(&place, field_text(id), now_ms, &found))
            return rule_broken_at(context, "/contract/required_policies", id,
                                  "policies that are logged and in force");
    }
    return true;
}

static bool check_policies(const struct rule_context *context)
{
    return of_published(context, policies_are_in_force);
}

/* Schemas are versions of one of these two kinds. */
static bool schema_is_known(const struct rule_context *context, const struct field *schema)
{
    static const char *const kinds[] = {"dataset-contract", "feature-schema"};
    struct version_fact version;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (version_get(context->facts, rule_tenant(context), bytes_of_text(kinds[i]), schema,
                        &version))
            return true;
    }
    return false;
}

static bool schemas_are_known(const struct rule_context *context,
                              const struct published *published)
{
    const struct field *inputs = field_get(published->contract, "expected_inputs");

    for (const struct field *input = field_first(inputs); input != NULL;
         input = field_next(inputs, input)) {
        const struct field *schema = field_get(input, "schema");

        if (schema != NULL && !schema_is_known(context, schema))
            return rule_broken_at(context, "/contract/expected_inputs", field_get(schema, "id"),
                                  "schemas logged as dataset-contract or feature-schema");
    }
    return true;
}

static bool check_schemas(const struct rule_context *context)
{
    return of_published(context, schemas_are_known);
}

/* ---- W7 ---- */

static bool has_node_kind(const struct field *graph, const char *kind)
{
    const struct field *nodes = field_get(graph, "planned_nodes");

    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        if (field_is_text(field_get(node, "kind"), kind))
            return true;
    }
    return false;
}

/* Whether a policy that every run evaluates is of this kind. */
static bool requires_kind(const struct rule_context *context, const struct field *contract,
                          const char *kind)
{
    const struct field *policies = field_get(contract, "required_policies");
    struct policy_place place = policy_place_of(context);
    struct policy_fact policy;

    for (const struct field *id = field_first(policies); id != NULL;
         id = field_next(policies, id)) {
        if (policy_newest(&place, field_text(id), &policy) && policy_is_kind(&policy, kind))
            return true;
    }
    return false;
}

static bool has_risk_gates(const struct rule_context *context, const struct published *published)
{
    if (risk_level_find(field_text(field_get(published->contract, "risk"))) < RISK_HIGH)
        return true;
    if (!has_node_kind(published->graph, "policy"))
        return rule_broken(context, "/graph/planned_nodes", "no policy node", "a policy node");
    return has_node_kind(published->graph, "human") ||
           requires_kind(context, published->contract, "auto-threshold") ||
           rule_broken(context, "/graph/planned_nodes", "no human node",
                       "a human node, or an auto-threshold policy in required_policies");
}

static bool expects_sensitive_inputs(const struct field *contract)
{
    const struct field *inputs = field_get(contract, "expected_inputs");

    for (const struct field *input = field_first(inputs); input != NULL;
         input = field_next(inputs, input)) {
        const struct field *tags = field_get(input, "tags");

        for (const struct field *tag = field_first(tags); tag != NULL;
             tag = field_next(tags, tag)) {
            if (classification_of(field_get(tag, "data_classification")) >=
                CLASSIFICATION_CONFIDENTIAL)
                return true;
        }
    }
    return false;
}

static bool has_content_gates(const struct rule_context *context,
                              const struct published *published)
{
    return !expects_sensitive_inputs(published->contract) ||
           requires_kind(context, published->contract, "content") ||
           requires_kind(context, published->contract, "redaction") ||
           rule_broken(context, "/contract/required_policies", "neither content nor redaction",
                       "a content or redaction policy, for the confidential inputs");
}

static bool has_gates(const struct rule_context *context, const struct published *published)
{
    return has_risk_gates(context, published) && has_content_gates(context, published);
}

static bool check_gates(const struct rule_context *context)
{
    return of_published(context, has_gates);
}

#define CHANGE TYPE_BIT(RECORD_WORKFLOW_CHANGE)

const struct rule rules_contract[] = {
    {"W5", "contract-missing", RULE_REFUSES_IN_STRICT, CHANGE, check_contract,
     "A published workflow has a contract and a graph."},
    {"W5", "owners", RULE_REFUSES_IN_STRICT, CHANGE, check_owners,
     "A published workflow has an owner, a reviewer and a steward who are not all one person."},
    {"W5", "dag-dangling", RULE_REFUSES_IN_STRICT, CHANGE, check_dangling,
     "The nodes of a published graph have different ids, and its edges join them."},
    {"W5", "dag-cycle", RULE_REFUSES_IN_STRICT, CHANGE, check_cycle,
     "A published graph has no cycle."},
    {"W6", "policy-unknown", RULE_REFUSES_IN_STRICT, CHANGE, check_policies,
     "The policies a published contract requires are logged and in force."},
    {"W6", "schema-unknown", RULE_REFUSES_IN_STRICT, CHANGE, check_schemas,
     "The schemas a published contract names are logged."},
    {"W7", "gate-missing", RULE_REFUSES_IN_STRICT, CHANGE, check_gates,
     "A workflow of high risk has a policy node and a human one, or automatic approvals with a "
     "limit; confidential inputs have a content or redaction policy."},
};
const size_t rules_contract_count = sizeof(rules_contract) / sizeof(rules_contract[0]);
