#include "client/reader/tile_chain.h"

#include <inttypes.h>
#include <string.h>

#include "merkle/frontier.h"
#include "schemas/tile_path.h"

static struct tile_id parent_of(struct tile_id id)
{
    return (struct tile_id){.level = id.level + 1, .index = id.index / TILE_WIDTH};
}

static bool is_tile(const struct cached_tile *tile, struct tile_id id)
{
    return tile->width > 0 && tile->id.level == id.level && tile->id.index == id.index;
}

/* "tile/1/000 is not …", with the name that a file of it has. */
static bool fail_tile(struct tile_id id, unsigned width, const char *what, struct err *err)
{
    struct tile_path path = {.tile = id, .width = width};
    struct buf name = {0};

    tile_path_append(&name, &path);
    err_set(err, ERR_CORRUPT, "%s %s", buf_text(&name), what);
    buf_cleanup(&name);
    return false;
}

static bool read_edges(struct tile_chain *chain, struct err *err)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t row_len = chain->size >> (TILE_HEIGHT * level);
        struct tile_id id = {.level = level, .index = row_len / TILE_WIDTH};
        unsigned width = (unsigned)(row_len % TILE_WIDTH);

        if (width > 0 && !tile_read(chain->fetcher, &chain->edges[level], id, width, err))
            return false;
    }
    return true;
}

/* The nodes that make up a tree's right edge all lie in its partial tiles. */
static void edge_root(const struct tile_chain *chain, struct hash *out)
{
    struct frontier frontier = {0};
    struct node_id ids[64];
    struct hash hashes[64];
    size_t count = frontier_plan(ids, chain->size);

    for (size_t i = 0; i < count; i++)
        tile_node(&hashes[i], &chain->edges[ids[i].level / TILE_HEIGHT], ids[i]);
    frontier_load(&frontier, chain->size, hashes);
    frontier_root(&frontier, out);
}

bool tile_chain_open(struct tile_chain *out, struct fetcher *fetcher,
                     const struct checkpoint *head, struct err *err)
{
    struct hash root;

    out->fetcher = fetcher;
    out->size = head->size;
    if (!read_edges(out, err))
        return false;
    edge_root(out, &root);
    return hash_equal(&root, &head->root) ||
           err_set(err, ERR_CORRUPT,
                   "the tiles at the end of the tree do not lead to the signed root of size "
                   "%" PRIu64,
                   head->size);
}

/* Known to be right already, or NULL. */
static const struct cached_tile *find_known(const struct tile_chain *chain, struct tile_id id)
{
    if (is_tile(&chain->edges[id.level], id))
        return &chain->edges[id.level];
    return is_tile(&chain->path[id.level], id) ? &chain->path[id.level] : NULL;
}

/* Reads a full tile whose parent is known. */
static const struct cached_tile *read_child(struct tile_chain *chain,
                                            const struct cached_tile *parent, struct tile_id id,
                                            struct err *err)
{
    struct cached_tile *tile = &chain->path[id.level];
    struct hash root;

    if (!tile_read(chain->fetcher, tile, id, TILE_WIDTH, err))
        return NULL;
    tile_row_root(&root, tile->hashes, TILE_WIDTH);
    if (!hash_equal(&root, &parent->hashes[id.index % TILE_WIDTH])) {
        tile->width = 0;
        fail_tile(id, TILE_WIDTH, "is damaged: it is not the one that the signed head covers", err);
        return NULL;
    }
    if (chain->take == NULL || chain->take(chain->context, tile, err))
        return tile;
    tile->width = 0;
    return NULL;
}

const struct cached_tile *tile_chain_get(struct tile_chain *chain, struct tile_id id,
                                         struct err *err)
{
    struct tile_id way[TILE_LEVELS] = {id};
    size_t step = 0;
    const struct cached_tile *tile;

    CHECK(tile_width(id, chain->size) > 0);
    while ((tile = find_known(chain, way[step])) == NULL) {
        CHECK(step + 1 < TILE_LEVELS); /* the topmost tile is always at the edge */
        way[step + 1] = parent_of(way[step]);
        step++;
    }
    while (step > 0 && tile != NULL)
        tile = read_child(chain, tile, way[--step], err);
    return tile;
}

static bool rows_equal(const struct hash *a, const struct hash *b, size_t count)
{
    return memcmp(a, b, count * sizeof(*a)) == 0;
}

bool tile_chain_check_leaves(struct tile_chain *chain, uint64_t index, const struct hash *row,
                             struct err *err)
{
    struct tile_id id = {.level = 0, .index = index};
    unsigned width = tile_width(id, chain->size);
    const struct cached_tile *parent;
    struct hash root;
    bool ok;

    CHECK(width > 0);
    if (width < TILE_WIDTH) {
        ok = rows_equal(row, chain->edges[0].hashes, width);
    } else {
        parent = tile_chain_get(chain, parent_of(id), err);
        if (parent == NULL)
            return false;
        tile_row_root(&root, row, TILE_WIDTH);
        ok = hash_equal(&root, &parent->hashes[index % TILE_WIDTH]);
    }
    return ok || err_set(err, ERR_CORRUPT,
                         "the entries from %" PRIu64 " to %" PRIu64
                         " are not all those that the signed head covers",
                         index * TILE_WIDTH, index * TILE_WIDTH + width - 1);
}
