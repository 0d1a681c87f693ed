#include "client/mirror/copy.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "client/verify/audit.h"
#include "schemas/key_set.h"

static const char CHECKPOINT[] = "checkpoint";
static const char PENDING[] = "checkpoint.pending";
static const char KEYS[] = ".well-known/scitt-keys";
static const char POLICY[] = "policy";

enum { KEYS_LEN_MAX = 65536 };

/* One of the copy's own heads; *out_has false: there is none. */
static bool read_head(const struct copy *copy, const char *name, struct head *out, bool *out_has,
                      struct err *err)
{
    struct buf note = {0};
    bool ok = copy_files_read(&copy->files, name, NOTE_LEN_MAX, &note, err);

    *out_has = ok;
    if (!ok && err->code == ERR_NOT_FOUND) {
        *err = (struct err){0};
        return true;
    }
    if (ok && (!head_open(out, bytes_of_buf(&note), copy->policy, err) || !out->is_signed))
        ok = err_set(err, ERR_CORRUPT, "%s/%s is damaged, or of a log that is not trusted",
                     copy->files.directory, name);
    buf_cleanup(&note);
    return ok;
}

bool copy_open(struct copy *out, const char *directory, const struct policy *policy,
               struct err *err)
{
    struct head pending;
    bool has_pending;

    out->policy = policy;
    if (!copy_files_open(&out->files, directory, err) ||
        !read_head(out, CHECKPOINT, &out->head, &out->is_begun, err) ||
        !read_head(out, PENDING, &pending, &has_pending, err))
        return false;
    out->full_size = out->is_begun ? out->head.checkpoint.size : 0;
    /* A head is kept as pending before it is that of the copy. */
    if (has_pending && (!out->is_begun || pending.checkpoint.size > out->full_size))
        out->head = pending;
    out->is_begun = out->is_begun || has_pending;
    return true;
}

void copy_close(struct copy *copy)
{
    buf_cleanup(&copy->target_note);
    copy_files_close(&copy->files);
}

static struct bytes row_bytes(const struct hash *row, unsigned width)
{
    return bytes_of(row, (size_t)width * HASH_LEN);
}

static bool add_tile(const struct copy *copy, const struct cached_tile *tile, struct err *err)
{
    struct tile_path path = {.tile = tile->id, .width = tile->width};

    return copy_files_add_tile(&copy->files, &path, row_bytes(tile->hashes, tile->width), err);
}

static bool take_full_tile(void *context, const struct cached_tile *tile, struct err *err)
{
    return add_tile(context, tile, err);
}

bool copy_begin(struct copy *copy, struct fetcher *fetcher, const struct head *target,
                struct bytes note, struct err *err)
{
    CHECK(target->is_signed);
    CHECK(!copy->is_begun || copy->head.checkpoint.size <= target->checkpoint.size);
    copy->fetcher = fetcher;
    copy->target = *target;
    buf_clear(&copy->target_note);
    buf_append_bytes(&copy->target_note, note);
    copy->chain = (struct tile_chain){.take = take_full_tile, .context = copy};
    return tile_chain_open(&copy->chain, fetcher, &target->checkpoint, err) &&
           copy_files_replace(&copy->files, PENDING, note, err);
}

/* Hashes the first `width` entries of a bundle; *out_len: how many bytes they take. */
static bool hash_entries(struct hash *row, size_t *out_len, struct bytes content, unsigned width,
                         struct err *err)
{
    struct bytes rest = content;

    for (unsigned i = 0; i < width; i++) {
        struct err cut = {0};
        struct bytes entry;

        if (!bundle_next(&rest, &entry, &cut))
            return err_set(err, ERR_CORRUPT, "it has %u entries, %u are needed", i, width);
        hash_leaf(&row[i], entry);
    }
    *out_len = content.len - rest.len;
    return true;
}

bool copy_take(struct copy *copy, const struct followed_bundle *bundle, struct err *err)
{
    struct cached_tile tile = {.id = {.level = 0, .index = bundle->begin_index / TILE_WIDTH},
                               .width = (unsigned)bundle->count};
    struct tile_path path = {.is_entries = true, .tile = tile.id, .width = tile.width};
    size_t len = 0;

    CHECK(tile.width == tile_width(tile.id, copy->target.checkpoint.size));
    if (!hash_entries(tile.hashes, &len, bundle->content, tile.width, err))
        return err_wrap(err, "bundle %" PRIu64, tile.id.index);
    if (!tile_chain_check_leaves(&copy->chain, tile.id.index, tile.hashes, err) ||
        !copy_files_add_tile(&copy->files, &path, bytes_slice(bundle->content, 0, len), err) ||
        !add_tile(copy, &tile, err))
        return false;
    if (bundle->begin_index <= copy_begin_index(copy))
        copy->taken = tile.id.index * TILE_WIDTH + tile.width;
    return true;
}

uint64_t copy_begin_index(const struct copy *copy)
{
    return copy->taken > copy->full_size ? copy->taken : copy->full_size;
}

static bool write_checkpoint(struct copy *copy, struct err *err)
{
    return (copy->cosign == NULL ||
            copy->cosign(copy->cosign_context, &copy->target_note, err)) &&
           copy_files_replace(&copy->files, CHECKPOINT, bytes_of_buf(&copy->target_note), err);
}

static bool add_edges(const struct copy *copy, struct err *err)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        const struct cached_tile *edge = &copy->chain.edges[level];

        if (edge->width > 0 && !add_tile(copy, edge, err))
            return false;
    }
    return true;
}

/* The tiles that were partial in the tree of an earlier size, where they are full by now. */
static bool drop_partials(const struct copy *copy, uint64_t size, struct err *err)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        struct tile_id id = {.level = level,
                             .index = (size >> (TILE_HEIGHT * level)) / TILE_WIDTH};

        if (!copy_files_drop_partial(&copy->files, id, false, err) ||
            (level == 0 && !copy_files_drop_partial(&copy->files, id, true, err)))
            return false;
    }
    return true;
}

bool copy_finish(struct copy *copy, struct err *err)
{
    uint64_t old_size = copy->full_size;
    uint64_t pending_size = copy->is_begun ? copy->head.checkpoint.size : 0;

    if (!add_edges(copy, err) || !write_checkpoint(copy, err))
        return false;
    copy->head = copy->target;
    copy->is_begun = true;
    copy->full_size = copy->target.checkpoint.size;
    /* Whoever read the old head may still ask for these, and finds the full ones. */
    return drop_partials(copy, old_size, err) &&
           (pending_size == old_size || drop_partials(copy, pending_size, err));
}

/* Whether a key of old is not in new. */
static bool lost_key(const struct key_set *old, const struct key_set *new)
{
    for (size_t i = 0; i < old->count; i++) {
        if (key_set_find(new, hash_bytes(public_key_thumbprint(old->keys[i]))) == NULL)
            return true;
    }
    return false;
}

static bool check_keys(struct bytes old_set, struct bytes new_set, struct err *err)
{
    struct key_set old = {0};
    struct key_set new = {0};
    bool ok = key_set_parse(&old, old_set, err) && key_set_parse(&new, new_set, err);

    if (ok && lost_key(&old, &new))
        ok = err_set(err, ERR_REFUSED, "the log no longer lists a receipt key that it had listed");
    key_set_cleanup(&old);
    key_set_cleanup(&new);
    return ok;
}

bool copy_put_keys(struct copy *copy, struct bytes key_set, struct err *err)
{
    struct err missing = {0};
    struct buf old = {0};
    bool ok = true;

    if (copy_files_read(&copy->files, KEYS, KEYS_LEN_MAX, &old, &missing))
        ok = check_keys(bytes_of_buf(&old), key_set, err);
    if (ok && !bytes_equal(bytes_of_buf(&old), key_set))
        ok = copy_files_replace(&copy->files, KEYS, key_set, err);
    buf_cleanup(&old);
    return ok;
}

bool copy_put_policy(struct copy *copy, struct bytes text, struct err *err)
{
    char *path = copy_files_path(&copy->files, POLICY);
    bool ok = file_exists(path) || copy_files_add(&copy->files, POLICY, text, err);

    free(path);
    return ok;
}
