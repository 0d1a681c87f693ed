/*
 * The graph of one run as executed: which node came before which. Nodes are numbers, given by
 * whoever builds it. Everything takes time in proportion to nodes and edges (run_graph_spread:
 * times the bits spread, at worst), and nothing recurses.
 */
#ifndef VOUCH_SCHEMAS_RULES_RUN_GRAPH_H
#define VOUCH_SCHEMAS_RULES_RUN_GRAPH_H

#include "base/bytes.h"

enum { RUN_GRAPH_NODES_MAX = 4096, RUN_GRAPH_EDGES_MAX = 16384 };

/* Kinds of edges, and sets of them. */
enum run_edge {
    RUN_EDGE_DATA = 1,
    RUN_EDGE_CONTROL = 2,
    RUN_EDGE_FALLBACK = 4,
    RUN_EDGE_RETRY = 8, /* leads back on purpose */
    RUN_EDGES_FORWARD = RUN_EDGE_DATA | RUN_EDGE_CONTROL | RUN_EDGE_FALLBACK,
};

/* A zeroed struct is ready for use. */
struct run_graph {
    size_t node_count;
    size_t edge_count;
    size_t node_capacity;
    size_t edge_capacity;
    struct run_graph_node *nodes;
    struct run_graph_edge *edges;
    uint32_t *queue;
};

/* Empties the graph and gives it nodes [0, node_count) without edges; at most RUN_GRAPH_NODES_MAX.
 * Keeps the memory. */
void run_graph_begin(struct run_graph *graph, size_t node_count);
void run_graph_cleanup(struct run_graph *graph);

/* False when there are too many edges already. Both ends are nodes of the graph. */
bool run_graph_add_edge(struct run_graph *graph, uint32_t from, uint32_t to, enum run_edge kind);

/* Whether no walk along edges of these kinds ends where it began; if one does, *out_node is on
 * such a walk, or reached from one. */
bool run_graph_is_acyclic(struct run_graph *graph, unsigned kinds, uint32_t *out_node);

/*
 * Spreads 64 yes-or-no properties from each node to all nodes that can be reached from it along
 * edges of these kinds: marks has one number a node, which becomes the "or" of its own bits and
 * those of every node before it.
 */
void run_graph_spread(struct run_graph *graph, unsigned kinds, uint64_t *marks);

/* The same, but what becomes of a node is the "or" of those strictly before it. */
void run_graph_spread_after(struct run_graph *graph, unsigned kinds, uint64_t *marks);

#endif
