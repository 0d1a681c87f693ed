#include "client/mirror/copy_tail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "client/reader/tile_chain.h"
#include "client/verify/audit.h"
#include "merkle/frontier.h"
#include "merkle/subtree.h"

static struct bytes row_bytes(const struct hash *row, unsigned width)
{
    return bytes_of(row, (size_t)width * HASH_LEN);
}

static bool has_tile(const struct copy_tail *tail, struct tile_id id, unsigned width)
{
    struct tile_path path = {.tile = id, .width = width};
    struct buf name = {0};
    char *file;
    bool has;

    tile_path_append(&name, &path);
    file = copy_files_path(tail->files, buf_text(&name));
    has = file_exists(file);
    free(file);
    buf_cleanup(&name);
    return has;
}

/* ---- the tiles above the leaves ---- */

static unsigned row_width(const struct copy_tail *tail, unsigned level)
{
    return (unsigned)((tail->leaf_tiles >> (TILE_HEIGHT * (level - 1))) % TILE_WIDTH);
}

static bool add_tile(const struct copy_tail *tail, struct tile_id id, const struct hash *row,
                     unsigned width, struct err *err)
{
    struct tile_path path = {.tile = id, .width = width};

    return copy_files_add_tile(tail->files, &path, row_bytes(row, width), err) &&
           (width < TILE_WIDTH || copy_files_drop_partial(tail->files, id, false, err));
}

/* The roots of full tiles, the first of which is `first`. */
static bool read_roots(struct copy_tail *tail, struct hash *out, struct tile_id first,
                       unsigned count, struct err *err)
{
    struct cached_tile *tile = mem_alloc(sizeof(*tile));
    bool ok = true;

    for (unsigned i = 0; ok && i < count; i++) {
        struct tile_id id = {.level = first.level, .index = first.index + i};

        ok = tile_read(tail->fetcher, tile, id, TILE_WIDTH, err);
        if (ok)
            tile_row_root(&out[i], tile->hashes, TILE_WIDTH);
    }
    free(tile);
    return ok;
}

/* The last full tile of a level is made where the process ended after the last one below it. */
static bool make_last(struct copy_tail *tail, unsigned level, struct err *err)
{
    uint64_t count = tail->leaf_tiles >> (TILE_HEIGHT * level);
    struct tile_id id = {.level = level, .index = count - 1};
    struct tile_id first = {.level = level - 1, .index = (count - 1) * TILE_WIDTH};

    if (count == 0 || has_tile(tail, id, TILE_WIDTH))
        return true;
    return read_roots(tail, tail->rows[level], first, TILE_WIDTH, err) &&
           add_tile(tail, id, tail->rows[level], TILE_WIDTH, err);
}

static bool load_rows(struct copy_tail *tail, uint64_t leaf_tiles, struct err *err)
{
    tail->leaf_tiles = leaf_tiles;
    for (unsigned level = 1; level < TILE_LEVELS; level++) {
        uint64_t end = leaf_tiles >> (TILE_HEIGHT * (level - 1));
        unsigned width = row_width(tail, level);
        struct tile_id first = {.level = level - 1, .index = end - width};

        if (!make_last(tail, level, err) ||
            !read_roots(tail, tail->rows[level], first, width, err))
            return false;
    }
    return true;
}

/* A leaf tile is full: its root goes into the row above, and where that is full, further up. */
static bool raise_rows(struct copy_tail *tail, const struct hash *row, struct err *err)
{
    struct hash root;
    unsigned level = 1;

    tile_row_root(&root, row, TILE_WIDTH);
    for (;;) {
        unsigned place = row_width(tail, level);
        uint64_t index = tail->leaf_tiles >> (TILE_HEIGHT * level);

        tail->rows[level][place] = root;
        if (place + 1 < TILE_WIDTH)
            break;
        if (!add_tile(tail, (struct tile_id){.level = level, .index = index}, tail->rows[level],
                      TILE_WIDTH, err))
            return false;
        tile_row_root(&root, tail->rows[level], TILE_WIDTH);
        level++;
        CHECK(level < TILE_LEVELS);
    }
    tail->leaf_tiles++;
    return true;
}

/* ---- opening ---- */

/* Full leaf tiles one after the other, then the widest partial one. Each came after its bundle. */
static uint64_t find_next(const struct copy_tail *tail, uint64_t full_size)
{
    struct tile_id id = {.level = 0, .index = full_size / TILE_WIDTH};
    uint64_t least;

    while (has_tile(tail, id, TILE_WIDTH))
        id.index++;
    least = id.index * TILE_WIDTH;
    for (unsigned width = TILE_WIDTH - 1; width > 0 && least + width > full_size; width--) {
        if (has_tile(tail, id, width))
            return least + width;
    }
    return least > full_size ? least : full_size;
}

bool copy_tail_open(struct copy_tail *out, const struct copy_files *files, uint64_t full_size,
                    struct err *err)
{
    out->files = files;
    if (!fetch_open_directory(&out->fetcher, files->directory, err))
        return false;
    out->next = find_next(out, full_size);
    return load_rows(out, out->next / TILE_WIDTH, err);
}

void copy_tail_close(struct copy_tail *tail)
{
    fetch_close(tail->fetcher);
    tail->fetcher = NULL;
}

bool copy_tail_raise(struct copy_tail *tail, uint64_t full_size, struct err *err)
{
    if (full_size <= tail->next)
        return true;
    if (!load_rows(tail, full_size / TILE_WIDTH, err))
        return false;
    tail->next = full_size;
    return true;
}

/* ---- adding ---- */

/* The bundle and its leaf hashes from the aligned entry up to the package's end. */
struct bundle {
    struct buf content;
    struct hash row[TILE_WIDTH];
    unsigned width;
};

/* Takes entries out of content, which has at least `count`; *out_len: how many bytes they take. */
static bool hash_entries(struct bundle *bundle, struct bytes content, uint64_t count,
                         size_t *out_len, struct err *err)
{
    struct bytes rest = content;

    for (uint64_t i = 0; i < count; i++) {
        struct bytes entry;

        if (!bundle_next(&rest, &entry, err))
            return false;
        hash_leaf(&bundle->row[bundle->width++], entry);
    }
    *out_len = content.len - rest.len;
    return true;
}

/* The entries before the package's own, which the copy has. */
static bool read_before(struct copy_tail *tail, struct bundle *bundle,
                        const struct add_entries_place *place, struct err *err)
{
    struct tile_id id = {.level = 0, .index = place->aligned / TILE_WIDTH};
    struct fetch_reply reply = {0};
    size_t len = 0;
    bool ok;

    if (place->begin == place->aligned)
        return true;
    ok = tile_fetch(tail->fetcher, &reply, id, tile_width(id, tail->next), true, err) &&
         hash_entries(bundle, bytes_of_buf(&reply.body), place->begin - place->aligned, &len, err);
    if (ok)
        buf_append(&bundle->content, reply.body.data, len);
    buf_cleanup(&reply.body);
    return ok;
}

static void row_root(struct hash *out, const struct hash *row, unsigned width)
{
    struct frontier frontier = {0};
    struct node nodes[64];

    for (unsigned i = 0; i < width; i++)
        frontier_append(&frontier, nodes, &row[i]);
    frontier_root(&frontier, out);
}

static bool check_proof(const struct bundle *bundle, const struct add_entries_place *place,
                        const struct proof *proof, const struct checkpoint *head, struct err *err)
{
    struct entry_range range = {.begin = place->aligned, .end = place->end};
    struct hash root;

    row_root(&root, bundle->row, bundle->width);
    return subtree_check(range, &root, head->size, &head->root, proof) ||
           err_set(err, ERR_INVALID,
                   "the proof does not show that the tree of size %" PRIu64
                   " has these entries from %" PRIu64 " to %" PRIu64,
                   head->size, place->begin, place->end - 1);
}

static bool keep(struct copy_tail *tail, const struct bundle *bundle,
                 const struct add_entries_place *place, struct err *err)
{
    struct tile_path path = {.is_entries = true,
                             .tile = {.level = 0, .index = place->aligned / TILE_WIDTH},
                             .width = bundle->width};

    if (!copy_files_add_tile(tail->files, &path, bytes_of_buf(&bundle->content), err) ||
        !add_tile(tail, path.tile, bundle->row, bundle->width, err))
        return false;
    if (bundle->width == TILE_WIDTH &&
        (!copy_files_drop_partial(tail->files, path.tile, true, err) ||
         !raise_rows(tail, bundle->row, err)))
        return false;
    tail->next = place->end;
    return true;
}

bool copy_tail_add(struct copy_tail *tail, const struct add_entries_package *package,
                   const struct add_entries_place *place, const struct checkpoint *head,
                   struct err *err)
{
    struct bundle *bundle = mem_alloc(sizeof(*bundle));
    size_t len = 0;
    bool ok;

    CHECK(place->begin <= tail->next && place->end <= head->size);
    ok = read_before(tail, bundle, place, err) &&
         hash_entries(bundle, package->entries, place->end - place->begin, &len, err) &&
         check_proof(bundle, place, &package->proof, head, err);
    if (ok && place->end > tail->next) {
        buf_append_bytes(&bundle->content, package->entries);
        ok = keep(tail, bundle, place, err);
    }
    buf_cleanup(&bundle->content);
    free(bundle);
    return ok;
}

/* ---- closing a tree ---- */

/* A partial leaf tile and its bundle, cut out of what has more entries of them by now. */
static bool cut_leaves(struct copy_tail *tail, struct tile_id id, unsigned width, struct err *err)
{
    struct tile_path path = {.is_entries = true, .tile = id, .width = width};
    struct bundle *bundle = mem_alloc(sizeof(*bundle));
    struct fetch_reply reply = {0};
    size_t len = 0;
    bool ok = tile_fetch(tail->fetcher, &reply, id, tile_width(id, tail->next), true, err) &&
              hash_entries(bundle, bytes_of_buf(&reply.body), width, &len, err) &&
              copy_files_add_tile(tail->files, &path, bytes_of(reply.body.data, len), err) &&
              add_tile(tail, id, bundle->row, width, err);

    buf_cleanup(&reply.body);
    free(bundle);
    return ok;
}

static bool close_level(struct copy_tail *tail, unsigned level, uint64_t size, struct err *err)
{
    struct tile_id id = {.level = level, .index = (size >> (TILE_HEIGHT * level)) / TILE_WIDTH};
    unsigned width = tile_width(id, size);

    if (width == 0 || has_tile(tail, id, TILE_WIDTH) || has_tile(tail, id, width))
        return true;
    if (level == 0)
        return cut_leaves(tail, id, width, err);
    return add_tile(tail, id, tail->rows[level], width, err);
}

bool copy_tail_close_tree(struct copy_tail *tail, const struct checkpoint *head, struct err *err)
{
    struct tile_chain *chain;
    bool ok;

    CHECK(head->size <= tail->next);
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        if (!close_level(tail, level, head->size, err))
            return false;
    }
    chain = mem_alloc(sizeof(*chain));
    ok = tile_chain_open(chain, tail->fetcher, head, err);
    free(chain);
    return ok;
}
