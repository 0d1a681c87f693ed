/*
 * Recomputes the tree row by row from leaf hashes alone. Rows are kept only as far as tiles need:
 * one unfinished tile of 256 hashes for each of the eight tile levels.
 */
#ifndef VOUCH_TOOLS_FSCK_TILES_H
#define VOUCH_TOOLS_FSCK_TILES_H

#include "tools/fsck/digest.h"

enum { TILES_WIDTH = 256, TILES_LEVELS = 8 };

struct tiles_level {
    struct digest row[TILES_WIDTH]; /* the unfinished tile's bottom row */
    unsigned width;
    uint64_t full_count;            /* finished tiles so far: the index of the unfinished one */
};

/*
 * Called for each finished tile, with all nodes of the tile as tiles_post_order gives them. Returns false to stop.
 */
typedef bool (*tiles_fn)(void *context, unsigned level, uint64_t index, const struct digest *nodes,
                         size_t node_count);

struct tiles {
    struct tiles_level levels[TILES_LEVELS];
    uint64_t size;
    tiles_fn on_tile;
    void *context;
};

/* Zero the struct, set on_tile and context, then append every leaf hash in order. */
bool tiles_append(struct tiles *tiles, const struct digest *leaf);

/* The root of all leaves so far, by the definition of RFC 9162, 2.1.1. */
void tiles_root(const struct tiles *tiles, struct digest *out);

/*
 * All nodes of a tile above and including its bottom row in post-order, the root of a full tile
 * left out: the form in which the database holds tiles. Room for 2 * TILES_WIDTH; returns how many.
 */
size_t tiles_post_order(struct digest *out, const struct digest *row, unsigned width);

#endif
