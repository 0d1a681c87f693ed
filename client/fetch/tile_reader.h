/*
 * Nodes of a log's tree, read from its tiles (C2SP tlog-tiles): works with every log that serves
 * them, and with a copy in a directory. Nothing is verified here: whoever combines the nodes
 * compares the result with a signed root.
 */
#ifndef VOUCH_CLIENT_FETCH_TILE_READER_H
#define VOUCH_CLIENT_FETCH_TILE_READER_H

#include "client/fetch/fetch.h"
#include "merkle/tile.h"

enum { TILE_READER_CACHED = 16 };

struct cached_tile {
    struct tile_id id;
    unsigned width; /* 0: the place is free */
    struct hash hashes[TILE_WIDTH];
};

struct tile_reader {
    struct fetcher *fetcher;   /* borrowed */
    uint64_t size;             /* of the tree whose tiles are read */
    struct cached_tile *cache; /* TILE_READER_CACHED of them, used in turn */
    size_t next_place;
};

void tile_reader_init(struct tile_reader *out, struct fetcher *fetcher, uint64_t size);
void tile_reader_cleanup(struct tile_reader *reader);

/* The hashes of complete nodes within the tree, in the order of ids. */
MUST_USE bool tile_reader_nodes(struct tile_reader *reader, struct hash *out,
                                const struct node_id *ids, size_t count, struct err *err);

/*
 * Fetches a tile or an entry bundle at the width it has in the tree of `size`; when only the full
 * one is left, that, cut by the caller. out's body is cleaned up by the caller.
 */
MUST_USE bool tile_fetch(struct fetcher *fetcher, struct fetch_reply *out, struct tile_id tile,
                         unsigned width, bool is_entries, struct err *err);

/* The same for the hashes of a tile, cut to width; ERR_CORRUPT when there are fewer. */
MUST_USE bool tile_read(struct fetcher *fetcher, struct cached_tile *out, struct tile_id id,
                        unsigned width, struct err *err);

/* A complete node within a tile, computed from the tile's bottom row. */
void tile_node(struct hash *out, const struct cached_tile *tile, struct node_id node);

/* The root of the complete subtree over a row of hashes; count is a power of two <= TILE_WIDTH. */
void tile_row_root(struct hash *out, const struct hash *row, size_t count);

/* The longest reply to a request for width entries or hashes. */
size_t tile_len_max(bool is_entries, unsigned width);

#endif
