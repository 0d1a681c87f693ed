#include "server/store/store_reindex.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "server/store/derived_rows.h"
#include "server/store/store_files.h"
#include "server/store/store_lock.h"

struct store_reindex {
    struct store_leveldb_options options;
    char *old_path;
    char *new_path;
    struct database *database; /* the new one */
    struct database_batch *batch;
};

static struct database_options database_options(const struct store_reindex *self, bool create)
{
    return (struct database_options){
        .cache_bytes = self->options.cache_bytes / 2,
        .write_buffer_bytes = self->options.write_buffer_bytes,
        .create = create,
    };
}

static bool open_new(struct store_reindex *self, struct err *err)
{
    struct database_options options = database_options(self, true);

    return database_remove(self->new_path, err) &&
           database_open(&self->database, self->new_path, &options, err);
}

bool store_reindex_begin(struct store_reindex **out, const struct store_leveldb_options *options,
                         struct err *err)
{
    struct store_reindex *self = mem_alloc(sizeof(*self));

    self->options = *options;
    self->old_path = mem_format("%s/%s", options->directory, STORE_DATABASE_NAME);
    self->new_path = mem_format("%s/%s", options->directory, STORE_NEW_DATABASE_NAME);
    self->batch = database_batch_new();
    if (!open_new(self, err)) {
        store_reindex_close(self);
        return err_wrap(err, "begin a new database");
    }
    *out = self;
    return true;
}

void store_reindex_close(struct store_reindex *self)
{
    struct err err = {0};

    if (self == NULL)
        return;
    if (self->database != NULL) {
        database_close(self->database);
        (void)!database_remove(self->new_path, &err); /* else the next attempt does it */
    }
    database_batch_free(self->batch);
    free(self->old_path);
    free(self->new_path);
    free(self);
}

static bool get(struct database *database, struct bytes key, struct buf *out, bool *out_found,
                struct err *err)
{
    struct database_value value;

    if (!database_get(database, &value, key, err))
        return false;
    *out_found = value.data != NULL;
    buf_append_bytes(out, database_value_bytes(&value));
    database_value_cleanup(&value);
    return true;
}

bool store_reindex_get_fact(struct store_reindex *self, struct bytes key, struct buf *out,
                            bool *out_found, struct err *err)
{
    struct format_key row = format_fact_key(key);

    return get(self->database, format_key_bytes(&row), out, out_found, err);
}

bool store_reindex_add(struct store_reindex *self, const struct store_reindex_rows *rows,
                       struct err *err)
{
    derived_rows_put_keys(self->batch, rows->keys, rows->key_count);
    derived_rows_put_facts(self->batch, rows->facts, rows->fact_count);
    return database_write_later(self->database, self->batch, err);
}

/* ---- the old database ---- */

/* The store's own database while nobody else has it. */
struct old_database {
    int lock_fd;
    struct database *database;
    struct format_state state;
};

static void close_old(struct old_database *old)
{
    database_close(old->database);
    if (old->lock_fd >= 0)
        close(old->lock_fd);
}

static bool read_state(struct old_database *old, struct err *err)
{
    struct format_key key = format_state_key();
    struct buf value = {0};
    bool found;
    bool ok = get(old->database, format_key_bytes(&key), &value, &found, err) &&
              format_decode_state(&old->state, bytes_of_buf(&value), err);

    buf_cleanup(&value);
    return ok;
}

static bool open_old(struct old_database *out, struct store_reindex *self, uint64_t size,
                     struct err *err)
{
    struct database_options options = database_options(self, false);

    *out = (struct old_database){.lock_fd = -1};
    if (!store_lock(&out->lock_fd, self->options.directory, err) ||
        !database_open(&out->database, self->old_path, &options, err) || !read_state(out, err)) {
        close_old(out);
        return false;
    }
    if (out->state.size == size)
        return true;
    close_old(out);
    return err_set(err, ERR_REFUSED, "the log has grown meanwhile, from %" PRIu64 " to %" PRIu64,
                   size, out->state.size);
}

/* ---- comparing ---- */

struct comparison {
    struct database *other;
    uint64_t only_here;
    uint64_t changed; /* the other has another value */
    struct buf value;
    struct err err;
};

static bool compare_row(void *context, struct bytes key, struct bytes value)
{
    struct comparison *comparison = context;
    bool found;

    buf_clear(&comparison->value);
    if (!get(comparison->other, key, &comparison->value, &found, &comparison->err))
        return false;
    if (!found)
        comparison->only_here++;
    else if (!bytes_equal(bytes_of_buf(&comparison->value), value))
        comparison->changed++;
    return true;
}

static bool compare(struct comparison *out, struct database *here, struct database *other,
                    struct err *err)
{
    bool ok = true;

    *out = (struct comparison){.other = other};
    for (const char *kind = DERIVED_ROWS_KINDS; ok && *kind != '\0'; kind++) {
        struct bytes prefix = bytes_of(kind, 1);

        ok = database_scan(here, prefix, prefix, compare_row, out, err);
        if (ok && out->err.code != ERR_NONE) {
            *err = out->err;
            ok = false;
        }
    }
    buf_cleanup(&out->value);
    return ok;
}

bool store_reindex_compare(struct store_reindex *self, uint64_t size,
                           struct store_reindex_differences *out, struct err *err)
{
    struct old_database old;
    struct comparison of_new;
    struct comparison of_old;
    bool ok;

    if (!open_old(&old, self, size, err))
        return false;
    ok = compare(&of_new, self->database, old.database, err) &&
         compare(&of_old, old.database, self->database, err);
    if (ok)
        *out = (struct store_reindex_differences){
            .missing = of_new.only_here, .changed = of_new.changed, .foreign = of_old.only_here};
    close_old(&old);
    return ok;
}

/* ---- taking its place ---- */

enum { COPIED_ROWS = 1024 }; /* in one write */

struct copying {
    struct store_reindex *to;
    size_t count;
    struct err err;
};

static bool copy_row(void *context, struct bytes key, struct bytes value)
{
    struct copying *copying = context;

    database_batch_put(copying->to->batch, key, value);
    return ++copying->count % COPIED_ROWS != 0 ||
           database_write_later(copying->to->database, copying->to->batch, &copying->err);
}

/* What does not follow from the entries alone: the card, heads, and places of bundles. */
static bool copy_rows(struct store_reindex *self, struct database *from, struct err *err)
{
    static const char kinds[] = "cbh";
    struct copying copying = {.to = self};

    for (const char *kind = kinds; *kind != '\0'; kind++) {
        struct bytes prefix = bytes_of(kind, 1);

        if (!database_scan(from, prefix, prefix, copy_row, &copying, err))
            return false;
        if (copying.err.code != ERR_NONE) {
            *err = copying.err;
            return false;
        }
    }
    return database_write_later(self->database, self->batch, err);
}

/* Only now is all of it on disk: tables are synced, and the state is written last. */
static bool write_state(struct store_reindex *self, const struct old_database *old,
                        struct err *err)
{
    struct format_state state = old->state;
    struct format_key key = format_state_key();
    char *inside = mem_format("%s/CURRENT", self->new_path);
    struct buf value = {0};
    bool ok;

    database_flush(self->database);
    state.facts_size = state.size;
    format_encode_state(&value, &state);
    database_batch_put(self->batch, format_key_bytes(&key), bytes_of_buf(&value));
    ok = database_write(self->database, self->batch, err) && file_sync_parent(inside, err);
    buf_cleanup(&value);
    free(inside);
    return ok;
}

/* Both databases are closed. After a crash one of them is whole and in its place. */
static bool exchange(struct store_reindex *self, struct err *err)
{
    if (renameat2(AT_FDCWD, self->new_path, AT_FDCWD, self->old_path, RENAME_EXCHANGE) != 0)
        return err_set_errno(err, ERR_IO, errno, "exchange %s and %s", self->new_path,
                             self->old_path);
    return file_sync_parent(self->old_path, err);
}

bool store_reindex_finish(struct store_reindex *self, uint64_t size, struct err *err)
{
    struct old_database old;
    bool ok;

    if (!open_old(&old, self, size, err))
        return false;
    ok = copy_rows(self, old.database, err) && write_state(self, &old, err);
    database_close(old.database);
    old.database = NULL;
    if (ok) {
        database_close(self->database);
        self->database = NULL;
        ok = exchange(self, err) && database_remove(self->new_path, err);
    }
    close_old(&old);
    return ok;
}
