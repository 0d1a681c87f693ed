/*
 * A run's manifest together with the parts that were logged before it, as one thing: every node,
 * edge and artifact of the run, wherever it was written down. Rules about a whole run look at this,
 * so that they say the same of a large run as of a small one.
 */
#ifndef VOUCH_SCHEMAS_RULES_MANIFEST_VIEW_H
#define VOUCH_SCHEMAS_RULES_MANIFEST_VIEW_H

#include "schemas/rules/name_table.h"
#include "schemas/rules/rule.h"
#include "schemas/rules/run_graph.h"

enum { RUN_ARTIFACTS_MAX = NAME_TABLE_MAX };

struct view_node {
    const struct field *map;
    uint32_t source;   /* 0: the manifest, n: the n-th part */
    uint32_t position; /* in the array it is from */
};

/* An artifact that is listed, or only named as an output. */
struct view_artifact {
    const struct field *map; /* NULL: not listed */
    uint32_t producer;       /* node number of the first node with this output, or NAME_NONE */
    uint32_t producer_count;
};

struct manifest_view {
    bool is_filled;
    bool is_refilled;       /* the run had a manifest before: nothing else is filled in */
    bool is_too_large;      /* not all of it is here */
    bool is_of_other_parts; /* part_digests are not those of the parts logged, in their order */
    struct bytes double_node;           /* a node_id that is there twice; empty: none */
    const struct field *dangling_edge;  /* the first that names a node which is not there */
    struct name_table node_names;       /* node_id -> number in nodes, and in graph */
    struct name_table artifact_names;   /* artifact_id -> number in artifacts */
    struct view_node *nodes;
    struct view_artifact *artifacts;
    struct run_graph graph;
    uint64_t *marks; /* for run_graph_spread, one a node; whoever uses them sets them all */
    /* memory */
    size_t node_capacity;
    size_t artifact_capacity;
    size_t source_count;
    struct view_source *sources; /* sources[0] is the manifest */
};

/* Of the run-manifest in this context; NULL when its run has one already: the first counts. Built
 * once a record. */
struct manifest_view *rule_manifest(const struct rule_context *context);

void manifest_view_cleanup(struct manifest_view *view); /* accepts a zeroed one */

/* Writes where a node is: "/nodes/3/inputs", or for one in a part "/part_digests/2". */
void manifest_view_path(char *out, size_t out_len, const struct view_node *node,
                        const char *member);

/* As rule_broken_at, for what is wrong with a node, or with one of its members. Names the node. */
bool manifest_view_broken(const struct rule_context *context, const struct view_node *node,
                          const char *member, const char *want);

#endif
