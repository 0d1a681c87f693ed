/*
 * The tiles at the right edge of the tree, one a level, in memory: what the writer needs to add
 * nodes to them without reading.
 */
#ifndef VOUCH_SERVER_STORE_EDGE_H
#define VOUCH_SERVER_STORE_EDGE_H

#include "merkle/tile.h"

struct edge_tile {
    struct tile_id id;
    size_t count; /* complete nodes so far, in post-order; below TILE_NODES */
    bool changed; /* since it was last stored */
    struct hash nodes[TILE_NODES];
};

struct edge {
    struct edge_tile tiles[TILE_LEVELS];
};

/* The edge of a tree of this size: ids and counts are set, the caller fills nodes. */
void edge_init(struct edge *edge, uint64_t size);

/*
 * Adds the next node (frontier_append's order). Returns its tile when that is complete now; the
 * caller stores it and calls edge_tile_next. NULL otherwise.
 */
struct edge_tile *edge_append(struct edge *edge, const struct node *node);

/* Makes tile the empty one to the right of it. */
void edge_tile_next(struct edge_tile *tile);

struct bytes edge_tile_bytes(const struct edge_tile *tile);

#endif
