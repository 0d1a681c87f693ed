#include "client/monitor/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/database/database.h"

/* Of all that share memory, and the least that one has. */
enum { CACHE_BYTES = 32 << 20, WRITE_BUFFER_BYTES = 16 << 20, SHARE_BYTES_MIN = 1 << 19 };

struct keeper {
    struct facts_base facts; /* first */
    char *directory;
    struct database *database;
    struct database_batch *batch;
    struct buf key;       /* of what is put */
    struct buf facts_key; /* of what is read for a replay, by the same thread */
};

static void set_key(struct buf *out, char row, struct bytes key)
{
    buf_clear(out);
    buf_append_byte(out, (uint8_t)row);
    buf_append_bytes(out, key);
}

static bool get_row(struct keeper *keeper, struct bytes key, struct buf *out, bool *out_found,
                    struct err *err)
{
    struct database_value value = {0};

    if (!database_get(keeper->database, &value, key, err))
        return false;
    *out_found = value.data != NULL;
    if (*out_found)
        buf_append_bytes(out, database_value_bytes(&value));
    database_value_cleanup(&value);
    return true;
}

static bool get_fact(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                     struct err *err)
{
    struct keeper *keeper = (struct keeper *)base;

    set_key(&keeper->facts_key, KEEPER_FACT, key);
    return get_row(keeper, bytes_of_buf(&keeper->facts_key), out, out_found, err);
}

static const struct facts_base_ops FACTS_OPS = {.get = get_fact};

static size_t share(size_t bytes, unsigned sharers)
{
    return bytes / sharers > SHARE_BYTES_MIN ? bytes / sharers : SHARE_BYTES_MIN;
}

static bool open_database(struct keeper *keeper, unsigned sharers, struct err *err)
{
    struct database_options options = {.cache_bytes = share(CACHE_BYTES, sharers),
                                       .write_buffer_bytes = share(WRITE_BUFFER_BYTES, sharers)};
    char *path = mem_format("%s/database", keeper->directory);
    char *mark = mem_format("%s/CURRENT", path);
    bool ok;

    options.create = !file_exists(mark);
    ok = database_open(&keeper->database, path, &options, err);
    free(mark);
    free(path);
    return ok;
}

bool keeper_open(struct keeper **out, const char *directory, unsigned sharers, struct err *err)
{
    struct keeper *keeper = mem_alloc(sizeof(*keeper));

    keeper->facts.ops = &FACTS_OPS;
    keeper->directory = mem_copy_text(directory);
    keeper->batch = database_batch_new();
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        err_set_errno(err, ERR_IO, errno, "%s", directory);
    } else if (open_database(keeper, sharers, err)) {
        *out = keeper;
        return true;
    }
    keeper_close(keeper);
    return err_wrap(err, "the monitor's directory");
}

void keeper_close(struct keeper *keeper)
{
    if (keeper == NULL)
        return;
    database_batch_free(keeper->batch);
    database_close(keeper->database);
    buf_cleanup(&keeper->key);
    buf_cleanup(&keeper->facts_key);
    free(keeper->directory);
    free(keeper);
}

const char *keeper_directory(const struct keeper *keeper)
{
    return keeper->directory;
}

bool keeper_get(struct keeper *keeper, char row, struct bytes key, struct buf *out,
                bool *out_found, struct err *err)
{
    struct buf whole = {0};
    bool ok;

    set_key(&whole, row, key);
    ok = get_row(keeper, bytes_of_buf(&whole), out, out_found, err);
    buf_cleanup(&whole);
    return ok;
}

void keeper_put(struct keeper *keeper, char row, struct bytes key, struct bytes value)
{
    set_key(&keeper->key, row, key);
    database_batch_put(keeper->batch, bytes_of_buf(&keeper->key), value);
}

struct facts_base *keeper_facts(struct keeper *keeper)
{
    return &keeper->facts;
}

void keeper_put_facts(struct keeper *keeper, struct facts *facts)
{
    size_t count;
    const struct fact_change *changes = facts_changes(facts, &count);

    for (size_t i = 0; i < count; i++)
        keeper_put(keeper, KEEPER_FACT, changes[i].key, changes[i].value);
}

bool keeper_commit(struct keeper *keeper, struct err *err)
{
    return database_write(keeper->database, keeper->batch, err);
}

void keeper_drop(struct keeper *keeper)
{
    database_batch_free(keeper->batch);
    keeper->batch = database_batch_new();
}

bool keeper_next_alert(struct keeper *keeper, uint64_t number, uint64_t *out_number,
                       struct buf *out, struct err *err)
{
    struct buf from = {0};
    struct buf key = {0};
    bool ok;

    buf_append_byte(&from, KEEPER_ALERT);
    buf_append_be64(&from, number);
    ok = database_seek(keeper->database, &key, out, bytes_of_buf(&from), err);
    if (ok && (key.len != from.len || key.data[0] != KEEPER_ALERT)) {
        buf_clear(out);
        ok = err_set(err, ERR_NOT_FOUND, "there is no such alert yet");
    }
    if (ok)
        *out_number = read_be64(key.data + 1);
    buf_cleanup(&from);
    buf_cleanup(&key);
    return ok;
}

static void cursor_key(struct buf *out, const char *name)
{
    struct hash hash;

    hash_sha256(&hash, bytes_of_text(name));
    buf_append_byte(out, KEEPER_CURSOR);
    buf_append_bytes(out, hash_bytes(&hash));
}

bool keeper_cursor(struct keeper *keeper, const char *name, uint64_t *out, struct err *err)
{
    struct buf key = {0};
    struct buf value = {0};
    bool found = false;
    bool ok;

    cursor_key(&key, name);
    ok = get_row(keeper, bytes_of_buf(&key), &value, &found, err);
    *out = ok && value.len == 8 ? read_be64(value.data) : 0;
    buf_cleanup(&key);
    buf_cleanup(&value);
    return ok;
}

/* A batch of its own: others than the monitor's thread do this. */
bool keeper_set_cursor(struct keeper *keeper, const char *name, uint64_t number, struct err *err)
{
    struct database_batch *batch = database_batch_new();
    struct buf value = {0};
    struct buf key = {0};
    bool ok;

    cursor_key(&key, name);
    buf_append_be64(&value, number);
    database_batch_put(batch, bytes_of_buf(&key), bytes_of_buf(&value));
    ok = database_write(keeper->database, batch, err);
    database_batch_free(batch);
    buf_cleanup(&value);
    buf_cleanup(&key);
    return ok;
}
