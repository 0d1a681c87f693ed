#include "schemas/rules/manifest_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/rules/rule_cache.h"
#include "schemas/rules/run_facts.h"
#include "schemas/rules/run_lists.h"

/* Where nodes, edges and artifacts come from. */
struct view_source {
    struct record_fields memory; /* of a part */
    const struct field *nodes;
    const struct field *edges;
    const struct field *artifacts;
};

/* ---- sources ---- */

static void clear_sources(struct manifest_view *view)
{
    for (size_t i = 0; i < view->source_count; i++)
        record_fields_cleanup(&view->sources[i].memory);
    view->source_count = 0;
}

static bool add_part(const struct rule_context *context, struct manifest_view *view,
                     struct bytes body)
{
    struct view_source *source = &view->sources[view->source_count++];
    const struct field *lists;
    struct err ignored = {0};

    *source = (struct view_source){0};
    if (!record_fields_read(&source->memory, body, &ignored))
        return facts_fail(context->facts, "part of a manifest");
    lists = source->memory.fields;
    source->nodes = field_first(lists);
    source->edges = field_next(lists, source->nodes);
    source->artifacts = field_next(lists, source->edges);
    return true;
}

/* The parts in the order they were logged, each named by the manifest in its place. */
static void add_parts(const struct rule_context *context, struct manifest_view *view)
{
    const struct field *digests = field_get(context->record, "part_digests");
    const struct field *digest = field_first(digests);
    uint64_t count = rule_run(context)->part_count;
    struct run_part part;

    view->is_of_other_parts = field_count(digests) != count;
    view->is_too_large = count > RUN_PARTS_MAX;
    for (uint64_t n = 0; n < count && n < RUN_PARTS_MAX; n++) {
        if (!rule_run_part(context, n, &part) || !add_part(context, view, part.body))
            return;
        if (!bytes_equal(part.digest, field_bytes(digest)))
            view->is_of_other_parts = true;
        if (digest != NULL)
            digest = field_next(digests, digest);
    }
}

static void add_sources(const struct rule_context *context, struct manifest_view *view)
{
    if (view->sources == NULL)
        view->sources = mem_alloc_array(1 + RUN_PARTS_MAX, sizeof(*view->sources));
    view->sources[0] = (struct view_source){
        .nodes = field_get(context->record, "nodes"),
        .edges = field_get(context->record, "edges"),
        .artifacts = field_get(context->record, "artifacts"),
    };
    view->source_count = 1;
    add_parts(context, view);
}

/* ---- nodes ---- */

static void add_node(struct manifest_view *view, const struct view_node *node)
{
    struct bytes id = field_text(field_get(node->map, "node_id"));
    bool is_new = false;

    if (view->node_names.count == RUN_GRAPH_NODES_MAX) {
        view->is_too_large = true;
        return;
    }
    name_table_add(&view->node_names, id, &is_new);
    if (!is_new) {
        view->double_node = id;
        return;
    }
    if (view->node_names.count > view->node_capacity) {
        view->node_capacity = view->node_capacity == 0 ? 64 : view->node_capacity * 2;
        view->nodes = mem_realloc_array(view->nodes, view->node_capacity, sizeof(*view->nodes));
    }
    view->nodes[view->node_names.count - 1] = *node;
}

static void add_nodes(struct manifest_view *view, uint32_t source)
{
    const struct field *nodes = view->sources[source].nodes;
    struct view_node node = {.map = field_first(nodes), .source = source};

    for (; node.map != NULL; node.map = field_next(nodes, node.map), node.position++)
        add_node(view, &node);
}

/* ---- artifacts ---- */

static struct view_artifact *add_artifact(struct manifest_view *view, struct bytes id)
{
    bool is_new = false;
    uint32_t number = name_table_add(&view->artifact_names, id, &is_new);

    if (number == NAME_NONE) {
        view->is_too_large = true;
        return NULL;
    }
    if (view->artifact_names.count > view->artifact_capacity) {
        view->artifact_capacity = view->artifact_capacity == 0 ? 64 : view->artifact_capacity * 2;
        view->artifacts = mem_realloc_array(view->artifacts, view->artifact_capacity,
                                            sizeof(*view->artifacts));
    }
    if (is_new)
        view->artifacts[number] = (struct view_artifact){.producer = NAME_NONE};
    return &view->artifacts[number];
}

static void add_artifacts(struct manifest_view *view, const struct field *artifacts)
{
    for (const struct field *item = field_first(artifacts); item != NULL;
         item = field_next(artifacts, item)) {
        struct view_artifact *artifact =
            add_artifact(view, field_text(field_get(item, "artifact_id")));

        if (artifact != NULL && artifact->map == NULL)
            artifact->map = item;
    }
}

static void add_outputs(struct manifest_view *view, uint32_t node)
{
    const struct field *outputs = field_get(view->nodes[node].map, "outputs");

    for (const struct field *port = field_first(outputs); port != NULL;
         port = field_next(outputs, port)) {
        struct view_artifact *artifact =
            add_artifact(view, field_text(field_get(port, "artifact_id")));

        if (artifact == NULL)
            continue;
        if (artifact->producer_count++ == 0)
            artifact->producer = node;
    }
}

/* ---- edges ---- */

static enum run_edge edge_kind(const struct field *edge)
{
    const struct field *kind = field_get(edge, "kind");

    return field_is_text(kind, "retry")      ? RUN_EDGE_RETRY
           : field_is_text(kind, "fallback") ? RUN_EDGE_FALLBACK
           : field_is_text(kind, "control")  ? RUN_EDGE_CONTROL
                                             : RUN_EDGE_DATA;
}

static void add_edge(struct manifest_view *view, const struct field *edge)
{
    uint32_t from =
        name_table_find(&view->node_names, field_text(field_get(edge, "from_node_id")));
    uint32_t to = name_table_find(&view->node_names, field_text(field_get(edge, "to_node_id")));

    if (from == NAME_NONE || to == NAME_NONE) {
        if (view->dangling_edge == NULL)
            view->dangling_edge = edge;
    } else if (!run_graph_add_edge(&view->graph, from, to, edge_kind(edge))) {
        view->is_too_large = true;
    }
}

static void add_edges(struct manifest_view *view, const struct field *edges)
{
    for (const struct field *edge = field_first(edges); edge != NULL;
         edge = field_next(edges, edge))
        add_edge(view, edge);
}

/* ---- the view ---- */

static void clear(struct manifest_view *view)
{
    clear_sources(view);
    name_table_clear(&view->node_names);
    name_table_clear(&view->artifact_names);
    view->is_too_large = false;
    view->is_of_other_parts = false;
    view->double_node = (struct bytes){0};
    view->dangling_edge = NULL;
}

static void build(const struct rule_context *context, struct manifest_view *view)
{
    size_t node_count;

    clear(view);
    add_sources(context, view);
    for (uint32_t i = 0; i < view->source_count; i++)
        add_nodes(view, i);
    node_count = view->node_names.count;
    run_graph_begin(&view->graph, node_count);
    view->marks = mem_realloc_array(view->marks, node_count, sizeof(*view->marks));
    for (uint32_t i = 0; i < view->source_count; i++) {
        add_artifacts(view, view->sources[i].artifacts);
        add_edges(view, view->sources[i].edges);
    }
    for (uint32_t i = 0; i < node_count; i++)
        add_outputs(view, i);
}

struct manifest_view *rule_manifest(const struct rule_context *context)
{
    struct manifest_view *view = &context->cache->manifest;

    if (!view->is_filled) {
        view->is_filled = true;
        view->is_refilled = run_is_closed(rule_run(context));
        if (!view->is_refilled)
            build(context, view);
    }
    return view->is_refilled ? NULL : view;
}

void manifest_view_cleanup(struct manifest_view *view)
{
    clear_sources(view);
    free(view->sources);
    name_table_cleanup(&view->node_names);
    name_table_cleanup(&view->artifact_names);
    free(view->nodes);
    free(view->artifacts);
    run_graph_cleanup(&view->graph);
    free(view->marks);
    *view = (struct manifest_view){0};
}

void manifest_view_path(char *out, size_t out_len, const struct view_node *node,
                        const char *member)
{
    if (node->source == 0)
        snprintf(out, out_len, "/nodes/%" PRIu32 "%s", node->position, member);
    else
        snprintf(out, out_len, "/part_digests/%" PRIu32, node->source - 1);
}

bool manifest_view_broken(const struct rule_context *context, const struct view_node *node,
                          const char *member, const char *want)
{
    char path[64];

    manifest_view_path(path, sizeof(path), node, member);
    return rule_broken_at(context, path, field_get(node->map, "node_id"), "%s", want);
}
