/* Tiles: the tree cut into pieces of height 8 (C2SP tlog-tiles). */
#ifndef VOUCH_MERKLE_TILE_H
#define VOUCH_MERKLE_TILE_H

#include "merkle/node.h"

enum {
    TILE_HEIGHT = 8,
    TILE_WIDTH = 256,
    TILE_LEVELS = 8,
    /* Nodes of a full tile that are stored with it: all levels but its root, the next tile's leaf. */
    TILE_NODES = 2 * TILE_WIDTH - 2,
};

/* level 0 holds leaf hashes, level L + 1 the roots of the full tiles of level L. */
struct tile_id {
    unsigned level; /* 0..TILE_LEVELS - 1 */
    uint64_t index;
};

/* The tile that holds a node; levels 8, 16 … are the bottom row of the next tile up. */
struct tile_id tile_of_node(struct node_id node);

/*
 * Place of a node among the nodes of its tile in post-order: every node comes right after the
 * subtree below it. A tile that is w wide is therefore a prefix of the same tile when it is
 * wider, and appending never moves a node. 0..TILE_NODES - 1.
 */
size_t tile_node_position(struct node_id node);

/* How many complete nodes a tile that is `width` hashes wide holds, its own root not counted. */
size_t tile_node_count(unsigned width);

/* Hashes in the bottom row of a tile in the tree of this size: 0..TILE_WIDTH. */
unsigned tile_width(struct tile_id tile, uint64_t size);

/* The bottom row of a tile: first node of it; the others follow by index. */
struct node_id tile_first_node(struct tile_id tile);

#endif
