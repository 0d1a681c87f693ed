/*
 * The unfinished tiles at the right edge of the tree, one a level. They are nowhere else: on disk
 * are only full tiles. One thread appends; any may read.
 */
#ifndef VOUCH_SERVER_STORE_EDGE_H
#define VOUCH_SERVER_STORE_EDGE_H

#include <pthread.h>

#include "merkle/tile.h"

struct edge_tile {
    struct tile_id id;
    size_t count; /* complete nodes so far, in post-order; below TILE_NODES between two appends */
    struct hash nodes[TILE_NODES];
};

struct edge {
    pthread_mutex_t lock;
    struct edge_tile tiles[TILE_LEVELS];
};

/* The edge of the empty tree. */
void edge_init(struct edge *edge);
void edge_cleanup(struct edge *edge);

/* Moves on to the edge of a tree of this size with nothing in it; edge_append_row fills it. */
void edge_begin(struct edge *edge, uint64_t size);

/* Adds the next hash of a tile's bottom row and computes what it completes. Not the last one. */
void edge_append_row(struct edge *edge, unsigned level, const struct hash *hash);

/*
 * Adds the next node (frontier_append's order). Returns its tile when that is complete now; the
 * caller stores it and calls edge_next. NULL otherwise.
 */
const struct edge_tile *edge_append(struct edge *edge, const struct node *node);

/* Makes the full tile of this level the empty one to the right of it. */
void edge_next(struct edge *edge, unsigned level);

/* Copies nodes of one tile; false when the edge does not hold all of them. Any thread. */
bool edge_read(struct edge *edge, struct hash *out, const struct node_id *ids, size_t count);

#endif
