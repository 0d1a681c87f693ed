/*
 * The rules for the shape of a run: M2, and M18, which follows what a policy denied. They look at
 * the manifest and its parts together (manifest_view.h). A run is a fact, so they flag.
 */
#include "schemas/rules/families.h"

#include <stdio.h>

#include "schemas/rules/approval_place.h"
#include "schemas/rules/manifest_view.h"
#include "schemas/rules/override_facts.h"
#include "schemas/rules/run_decisions.h"
#include "schemas/rules/run_lists.h"

enum { MANIFEST = TYPE_BIT(RECORD_RUN_MANIFEST) };

static bool check_size(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);
    char want[100];

    if (view == NULL || !view->is_too_large)
        return true;
    snprintf(want, sizeof(want), "at most %d nodes, %d edges, %d artifacts, %d parts",
             RUN_GRAPH_NODES_MAX, RUN_GRAPH_EDGES_MAX, RUN_ARTIFACTS_MAX, RUN_PARTS_MAX);
    return rule_broken(context, "/nodes", "more", want);
}

static bool check_parts(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);
    const struct field *digests = field_get(context->record, "part_digests");

    if (view == NULL || !view->is_of_other_parts)
        return true;
    return rule_broken_at(context, "/part_digests", digests,
                          "the record digests of the run's parts, in the order they were logged");
}

static bool check_node_ids(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);

    if (view == NULL || view->double_node.len == 0)
        return true;
    return rule_broken(context, "/nodes", "a node_id twice", "each node_id once");
}

static bool check_edges(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);

    if (view == NULL || view->dangling_edge == NULL)
        return true;
    return rule_broken_at(context, "/edges", field_get(view->dangling_edge, "to_node_id"),
                          "edges between nodes of the run");
}

/* Fallbacks lead on as a rule, but may lead back to where it was tried another way. */
static bool check_cycles(const struct rule_context *context)
{
    struct manifest_view *view = rule_manifest(context);
    uint32_t node;

    if (view == NULL ||
        run_graph_is_acyclic(&view->graph, RUN_EDGE_DATA | RUN_EDGE_CONTROL, &node))
        return true;
    return manifest_view_broken(context, &view->nodes[node], "",
                          "no way back to a node but by a retry");
}

/* Whether an approval that the node names was given, for this node or the whole run. */
static bool is_approved(const struct rule_context *context, const struct view_node *node)
{
    const struct field *approvals = field_get(node->map, "approvals");
    struct approval_place place = {
        .facts = context->facts,
        .tenant = rule_tenant(context),
        .run_id = rule_run_id(context),
        .node_id = field_text(field_get(node->map, "node_id")),
    };
    struct approval_request request;

    for (const struct field *reference = field_first(approvals); reference != NULL;
         reference = field_next(approvals, reference)) {
        if (approval_resolve(context, reference, &request) &&
            request.state == APPROVAL_APPROVED && approval_is_here(&place, &request))
            return true;
    }
    return false;
}

/* Whether an override was in force there while the node ran. */
static bool is_overridden(const struct rule_context *context, const struct view_node *node)
{
    struct override_place place = {
        .facts = context->facts,
        .tenant = rule_tenant(context),
        .run_id = rule_run_id(context),
        .node_id = field_text(field_get(node->map, "node_id")),
        .run = rule_run(context),
    };
    struct override ignored;

    return override_excuses(&place, field_uint(field_get(node->map, "started_at_ms"), 0),
                            field_uint(field_get(node->map, "ended_at_ms"), 0), &ignored);
}

static bool was_executed(const struct view_node *node)
{
    const struct field *status = field_get(node->map, "status");

    return !field_is_text(status, "skipped") && !field_is_text(status, "blocked");
}

/* A fallback is what a denial may lead to, so it is not followed. */
static bool check_overruled(const struct rule_context *context)
{
    struct manifest_view *view = rule_manifest(context);

    if (view == NULL)
        return true;
    rule_mark_decided(context, view, NODE_DENIED);
    run_graph_spread_after(&view->graph, RUN_EDGE_DATA | RUN_EDGE_CONTROL, view->marks);
    for (uint32_t i = 0; i < view->node_names.count; i++) {
        const struct view_node *node = &view->nodes[i];

        if (view->marks[i] != 0 && was_executed(node) && !is_approved(context, node) &&
            !is_overridden(context, node))
            return manifest_view_broken(context, node, "/approvals",
                                  "an approval or an override: a policy denied what came before");
    }
    return true;
}

const struct rule rules_graph[] = {
    {"M2", "dag-too-large", RULE_FLAGS, MANIFEST, check_size,
     "A run's graph is small enough to be checked whole."},
    {"M2", "parts-mismatch", RULE_FLAGS, MANIFEST, check_parts,
     "The manifest names every part of its run that was logged, and in that order."},
    {"M2", "dag-duplicate", RULE_FLAGS, MANIFEST, check_node_ids,
     "A run's node ids are unique."},
    {"M2", "dag-dangling", RULE_FLAGS, MANIFEST, check_edges,
     "A run's edges lead from node to node."},
    {"M2", "dag-cycle", RULE_FLAGS, MANIFEST, check_cycles,
     "Along data and control edges no node comes before itself."},
    {"M18", "policy-overruled", RULE_FLAGS, MANIFEST, check_overruled,
     "Behind a node where a policy said deny, nothing runs without an approval or override."},
};
const size_t rules_graph_count = sizeof(rules_graph) / sizeof(rules_graph[0]);
