/*
 * Tiles that were read lately, in memory of a fixed size. A tile only ever grows at its end, so
 * what is cached is a beginning of the tile: right for ever, at worst too short. Any thread.
 */
#ifndef VOUCH_SERVER_STORE_TILE_CACHE_H
#define VOUCH_SERVER_STORE_TILE_CACHE_H

#include "merkle/tile.h"

struct tile_cache;

/* Takes at most memory_bytes, with a minimum of a few tiles. */
struct tile_cache *tile_cache_new(size_t memory_bytes);
void tile_cache_free(struct tile_cache *cache); /* accepts NULL */

/* The hashes of count nodes that all lie in one tile; false unless every one is cached. */
MUST_USE bool tile_cache_read(struct tile_cache *cache, struct hash *out, const struct node_id *ids,
                              size_t count);

/* Remembers the first `nodes.len / HASH_LEN` nodes of a tile, unless it has more of it already. */
void tile_cache_put(struct tile_cache *cache, struct tile_id tile, struct bytes nodes);

#endif
