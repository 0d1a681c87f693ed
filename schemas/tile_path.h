/* Paths of tiles and entry bundles (C2SP tlog-tiles): "tile/0/x001/x234/067.p/5". */
#ifndef VOUCH_SCHEMAS_TILE_PATH_H
#define VOUCH_SCHEMAS_TILE_PATH_H

#include "merkle/tile.h"

struct tile_path {
    bool is_entries;     /* "tile/entries/…": the bundle over tile {0, index} */
    struct tile_id tile;
    unsigned width;      /* 1..256; 256: full */
};

/* Without a leading slash. */
void tile_path_append(struct buf *out, const struct tile_path *path);

/* Accepts exactly what tile_path_append writes, and levels 0..63 (tlog-tiles); levels the tree
 * cannot have are for the caller to refuse. */
MUST_USE bool tile_path_parse(struct tile_path *out, struct bytes text);

#endif
