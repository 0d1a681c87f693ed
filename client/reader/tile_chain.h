/*
 * The tiles of a tree, each shown to be right before it is used: those at the right edge by the
 * signed root that they lead to, every full one by its parent. So each byte of a log can be
 * verified alone, at the cost of a tile for 65,536 entries.
 */
#ifndef VOUCH_CLIENT_READER_TILE_CHAIN_H
#define VOUCH_CLIENT_READER_TILE_CHAIN_H

#include "client/fetch/tile_reader.h"
#include "schemas/checkpoint.h"

/* Called with each full tile once it is shown to be right, its parents first; false: stop. */
typedef bool (*tile_chain_fn)(void *context, const struct cached_tile *tile, struct err *err);

struct tile_chain {
    struct fetcher *fetcher; /* borrowed */
    uint64_t size;
    struct cached_tile edges[TILE_LEVELS]; /* the partial tiles; width 0: none at this level */
    struct cached_tile path[TILE_LEVELS];  /* the full tile used last at this level */
    tile_chain_fn take;                    /* NULL: nobody is told */
    void *context;
};

/*
 * Sets out (zeroed before, `take` and `context` set) and reads the edge. ERR_CORRUPT: it does not
 * lead to the head's root.
 */
MUST_USE bool tile_chain_open(struct tile_chain *out, struct fetcher *fetcher,
                              const struct checkpoint *head, struct err *err);

/*
 * A tile of the tree, full or partial; NULL with err set when it cannot be read, or (ERR_CORRUPT)
 * is not the one that the head covers. Lives until the next call.
 */
const struct cached_tile *tile_chain_get(struct tile_chain *chain, struct tile_id id,
                                         struct err *err);

/*
 * Whether `row`, of the width that the tree gives to tile {0, index}, are the leaf hashes there.
 * That tile itself is not read. ERR_CORRUPT: they are not.
 */
MUST_USE bool tile_chain_check_leaves(struct tile_chain *chain, uint64_t index,
                                      const struct hash *row, struct err *err);

#endif
