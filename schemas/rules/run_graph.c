#include "schemas/rules/run_graph.h"

#include <stdlib.h>
#include <string.h>

enum { NO_EDGE = INT32_MAX };

struct run_graph_node {
    uint32_t first_edge; /* that leaves it; NO_EDGE: none */
    uint32_t entering;   /* scratch of run_graph_is_acyclic */
    bool is_queued;      /* scratch of run_graph_spread */
};

struct run_graph_edge {
    uint32_t to;
    uint32_t next; /* that leaves the same node */
    enum run_edge kind;
};

void run_graph_begin(struct run_graph *graph, size_t node_count)
{
    CHECK(node_count <= RUN_GRAPH_NODES_MAX);
    if (node_count > graph->node_capacity) {
        graph->node_capacity = node_count;
        graph->nodes = mem_realloc_array(graph->nodes, node_count, sizeof(*graph->nodes));
        graph->queue = mem_realloc_array(graph->queue, node_count, sizeof(*graph->queue));
    }
    graph->node_count = node_count;
    graph->edge_count = 0;
    for (size_t i = 0; i < node_count; i++)
        graph->nodes[i] = (struct run_graph_node){.first_edge = NO_EDGE};
}

void run_graph_cleanup(struct run_graph *graph)
{
    free(graph->nodes);
    free(graph->edges);
    free(graph->queue);
    *graph = (struct run_graph){0};
}

bool run_graph_add_edge(struct run_graph *graph, uint32_t from, uint32_t to, enum run_edge kind)
{
    CHECK(from < graph->node_count && to < graph->node_count);
    if (graph->edge_count == RUN_GRAPH_EDGES_MAX)
        return false;
    if (graph->edge_count == graph->edge_capacity) {
        graph->edge_capacity = graph->edge_capacity == 0 ? 64 : graph->edge_capacity * 2;
        graph->edges =
            mem_realloc_array(graph->edges, graph->edge_capacity, sizeof(*graph->edges));
    }
    graph->edges[graph->edge_count] =
        (struct run_graph_edge){to, graph->nodes[from].first_edge, kind};
    graph->nodes[from].first_edge = (uint32_t)graph->edge_count++;
    return true;
}

static void count_entering(struct run_graph *graph, unsigned kinds)
{
    for (size_t i = 0; i < graph->node_count; i++)
        graph->nodes[i].entering = 0;
    for (size_t i = 0; i < graph->edge_count; i++) {
        if ((graph->edges[i].kind & kinds) != 0)
            graph->nodes[graph->edges[i].to].entering++;
    }
}

/* Takes away nodes that nothing enters until there are none (Kahn). */
bool run_graph_is_acyclic(struct run_graph *graph, unsigned kinds, uint32_t *out_node)
{
    size_t taken = 0;
    size_t found = 0;

    count_entering(graph, kinds);
    for (size_t i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].entering == 0)
            graph->queue[found++] = (uint32_t)i;
    }
    for (; taken < found; taken++) {
        uint32_t edge = graph->nodes[graph->queue[taken]].first_edge;

        for (; edge != NO_EDGE; edge = graph->edges[edge].next) {
            if ((graph->edges[edge].kind & kinds) != 0 &&
                --graph->nodes[graph->edges[edge].to].entering == 0)
                graph->queue[found++] = graph->edges[edge].to;
        }
    }
    for (size_t i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].entering > 0) {
            *out_node = (uint32_t)i;
            return false;
        }
    }
    return true;
}

/* The nodes whose marks have grown wait in a ring; each is in it once at most. */
struct ring {
    size_t first;
    size_t count;
};

static void enqueue(struct run_graph *graph, struct ring *ring, uint32_t node)
{
    if (graph->nodes[node].is_queued)
        return;
    graph->nodes[node].is_queued = true;
    graph->queue[(ring->first + ring->count++) % graph->node_count] = node;
}

static uint32_t dequeue(struct run_graph *graph, struct ring *ring)
{
    uint32_t node = graph->queue[ring->first];

    ring->first = (ring->first + 1) % graph->node_count;
    ring->count--;
    graph->nodes[node].is_queued = false;
    return node;
}

void run_graph_spread(struct run_graph *graph, unsigned kinds, uint64_t *marks)
{
    struct ring ring = {0};

    for (size_t i = 0; i < graph->node_count; i++) {
        graph->nodes[i].is_queued = false;
        if (marks[i] != 0)
            enqueue(graph, &ring, (uint32_t)i);
    }
    while (ring.count > 0) {
        uint32_t from = dequeue(graph, &ring);
        uint32_t edge = graph->nodes[from].first_edge;

        for (; edge != NO_EDGE; edge = graph->edges[edge].next) {
            uint32_t to = graph->edges[edge].to;

            if ((graph->edges[edge].kind & kinds) == 0 || (marks[from] & ~marks[to]) == 0)
                continue;
            marks[to] |= marks[from];
            enqueue(graph, &ring, to);
        }
    }
}

/* One step along the edges first: whoever has no mark of its own then got it from before. */
void run_graph_spread_after(struct run_graph *graph, unsigned kinds, uint64_t *marks)
{
    uint64_t *stepped = mem_alloc_array(graph->node_count, sizeof(*stepped));

    for (size_t i = 0; i < graph->node_count; i++) {
        uint32_t edge = graph->nodes[i].first_edge;

        for (; edge != NO_EDGE; edge = graph->edges[edge].next) {
            if ((graph->edges[edge].kind & kinds) != 0)
                stepped[graph->edges[edge].to] |= marks[i];
        }
    }
    memcpy(marks, stepped, graph->node_count * sizeof(*marks));
    free(stepped);
    run_graph_spread(graph, kinds, marks);
}
