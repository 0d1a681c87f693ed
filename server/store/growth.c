#include "server/store/growth.h"

#include <inttypes.h>

#include "base/file.h"
#include "merkle/frontier.h"

bool growth_append(const struct reader *reader, const struct node *node, struct err *err)
{
    const struct edge_tile *full = edge_append(reader->edge, node);

    if (full == NULL)
        return true;
    /* In the file before it leaves the edge: a reader finds it in one of the two. */
    if (!tiles_write(reader->tiles, full->id, full->nodes, err))
        return false;
    edge_next(reader->edge, full->id.level);
    return true;
}

/* The unfinished tile of a level is made of the roots of the full tiles below it. */
static bool load_row(const struct reader *reader, unsigned level, uint64_t size, struct err *err)
{
    enum { LEFT_HALF = TILE_NODES / 2 - 1, RIGHT_HALF = TILE_NODES - 1 };
    struct hash nodes[TILE_NODES];
    uint64_t end = size >> (TILE_HEIGHT * level);

    for (uint64_t index = end - end % TILE_WIDTH; index < end; index++) {
        struct tile_id below = {.level = level - 1, .index = index};
        struct hash root;

        if (!tiles_read(reader->tiles, nodes, below, err))
            return false;
        hash_node(&root, &nodes[LEFT_HALF], &nodes[RIGHT_HALF]);
        edge_append_row(reader->edge, level, &root);
    }
    return true;
}

static bool load_frontier(const struct reader *reader, struct frontier *out, uint64_t size)
{
    struct node_id ids[64];
    struct hash hashes[64];
    size_t count = frontier_plan(ids, size);

    for (size_t i = 0; i < count; i++) {
        if (!edge_read(reader->edge, &hashes[i], &ids[i], 1))
            return false;
    }
    frontier_load(out, size, hashes);
    return true;
}

static bool append_entry(const struct reader *reader, struct frontier *frontier,
                         struct bytes entry, struct err *err)
{
    struct node nodes[64];
    struct hash leaf;
    size_t count;

    hash_leaf(&leaf, entry);
    count = frontier_append(frontier, nodes, &leaf);
    for (size_t i = 0; i < count; i++) {
        if (!growth_append(reader, &nodes[i], err))
            return false;
    }
    return true;
}

/* The entries of one bundle; a length that is damaged leads to another root. */
static bool append_bundle(const struct reader *reader, struct frontier *frontier, uint64_t end,
                          struct buf *content, struct err *err)
{
    struct store_extent extent = {.fd = -1};
    size_t at = 0;

    if (!reader_locate(reader, &extent, frontier->size, end, err))
        return false;
    buf_clear(content);
    if (!file_pread_all(extent.fd, buf_extend(content, (size_t)extent.len), (size_t)extent.len,
                        extent.offset, err))
        return err_wrap(err, "entries from %" PRIu64, frontier->size);
    while (frontier->size < end) {
        size_t begin = at + 2;

        if (content->len < begin || content->len - begin < read_be16(content->data + at))
            return err_set(err, ERR_CORRUPT, "the length of entry %" PRIu64 " is wrong",
                           frontier->size);
        at = begin + read_be16(content->data + at);
        if (!append_entry(reader, frontier, bytes_slice(bytes_of_buf(content), begin, at), err))
            return false;
    }
    return true;
}

static bool append_entries(const struct reader *reader, struct frontier *frontier, uint64_t size,
                           struct err *err)
{
    struct buf content = {0};
    bool ok = true;

    while (ok && frontier->size < size) {
        uint64_t end = frontier->size - frontier->size % TILE_WIDTH + TILE_WIDTH;

        ok = append_bundle(reader, frontier, end < size ? end : size, &content, err);
    }
    buf_cleanup(&content);
    return ok;
}

bool growth_rebuild(const struct reader *reader, uint64_t tiles_size, const struct store_head *head,
                  struct err *err)
{
    struct frontier frontier;
    struct hash root;

    edge_begin(reader->edge, tiles_size);
    for (unsigned level = 1; level < TILE_LEVELS; level++) {
        if (!load_row(reader, level, tiles_size, err))
            return err_wrap(err, "load the right edge");
    }
    CHECK(load_frontier(reader, &frontier, tiles_size));
    if (!append_entries(reader, &frontier, head->size, err))
        return err_wrap(err, "compute the newest tiles");
    frontier_root(&frontier, &root);
    return hash_equal(&root, &head->root) ||
           err_set(err, ERR_CORRUPT, "the entries do not lead to the head of size %" PRIu64,
                   head->size);
}
