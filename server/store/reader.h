/*
 * Every question a store on disk answers, put to its parts. Any thread; what was committed never
 * changes, so nothing is locked.
 */
#ifndef VOUCH_SERVER_STORE_READER_H
#define VOUCH_SERVER_STORE_READER_H

#include "base/database/database.h"
#include "server/store/edge.h"
#include "server/store/format.h"
#include "server/store/segments.h"
#include "server/store/tile_cache.h"
#include "server/store/tiles.h"

struct reader {
    struct database *database;
    struct segments *segments;
    struct tiles *tiles;
    struct edge *edge;
    struct tile_cache *tile_cache; /* full tiles only */
};

MUST_USE bool reader_state(const struct reader *reader, struct format_state *out, struct err *err);

/* The newest head: the state says which it is and what epoch it has now. */
MUST_USE bool reader_head(const struct reader *reader, struct store_head *out,
                          const struct format_state *state, struct err *err);
MUST_USE bool reader_bundle(const struct reader *reader, struct format_bundle *out, uint64_t bundle,
                            struct err *err);

/* As the functions of store.h. */
MUST_USE bool reader_card(const struct reader *reader, struct store_identity_card *out,
                          struct err *err);
MUST_USE bool reader_seek_head(const struct reader *reader, struct store_head *out, uint64_t size,
                               struct err *err);
MUST_USE bool reader_nodes(const struct reader *reader, struct hash *out, const struct node_id *ids,
                           size_t count, struct err *err);
MUST_USE bool reader_locate(const struct reader *reader, struct store_extent *out, uint64_t begin,
                            uint64_t end, struct err *err);
MUST_USE bool reader_fact(const struct reader *reader, struct bytes key, struct buf *out,
                          bool *out_found, struct err *err);
MUST_USE bool reader_scan_facts(const struct reader *reader, const struct store_fact_range *range,
                                store_fact_fn visit, void *context, struct err *err);
MUST_USE bool reader_find(const struct reader *reader, struct store_key *keys, size_t count,
                          struct err *err);

#endif
