/*
 * The tile files: every full tile of a level at its own place in one file, with a checksum. A tile
 * can be computed again from the entries below it, so tiles are synced seldom and the opening of a
 * store writes those again that may be lost. Writing and syncing belong to one thread; reading may
 * be done by any.
 */
#ifndef VOUCH_SERVER_STORE_TILES_H
#define VOUCH_SERVER_STORE_TILES_H

#include "base/err.h"
#include "merkle/tile.h"

enum { TILES_SLOT_LEN = 16384 };

struct tiles;

/* Makes the directory and an empty file for each level, all on disk when it returns true. */
MUST_USE bool tiles_create(const char *directory, struct err *err);

/* ERR_CORRUPT when a file is missing, or shorter than the full tiles of a tree of this size. */
MUST_USE bool tiles_open(struct tiles **out, const char *directory, uint64_t size, struct err *err);
void tiles_close(struct tiles *tiles); /* accepts NULL */

/* Writes a full tile: nodes are all TILE_NODES of it, in post-order. */
MUST_USE bool tiles_write(struct tiles *tiles, struct tile_id tile, const struct hash *nodes,
                          struct err *err);

/* Every tile written is on disk when it returns true. */
MUST_USE bool tiles_sync(struct tiles *tiles, struct err *err);

/* All TILE_NODES of a tile that was written. ERR_CORRUPT when it is not what was written. */
MUST_USE bool tiles_read(const struct tiles *tiles, struct hash *out, struct tile_id tile,
                         struct err *err);

/* Bytes of all files. */
MUST_USE bool tiles_total_bytes(const struct tiles *tiles, uint64_t *out, struct err *err);

#endif
