#include "client/reader/prefix_reader.h"

#include "client/fetch/tile_reader.h"
#include "merkle/prefix.h"

bool log_read_prefix(struct fetcher *fetcher, struct proof *out, uint64_t old_size,
                     uint64_t new_size, struct err *err)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    size_t count = prefix_plan(ids, old_size, new_size);
    struct tile_reader tiles;
    bool ok;

    tile_reader_init(&tiles, fetcher, new_size);
    ok = tile_reader_nodes(&tiles, hashes, ids, count, err);
    tile_reader_cleanup(&tiles);
    if (ok)
        prefix_prove(out, old_size, new_size, hashes);
    return ok;
}
