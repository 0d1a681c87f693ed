#include "base/database/database.h"

#include <leveldb/c.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOOM_BITS_PER_KEY = 10,
    BLOCK_LEN = 4096,
    TABLE_LEN_MAX = 16 << 20,
    OPEN_FILES_MAX = 1000,
};

struct database {
    leveldb_t *db;
    leveldb_options_t *options;
    leveldb_cache_t *cache;
    leveldb_filterpolicy_t *filter;
    leveldb_readoptions_t *read_options;
    leveldb_writeoptions_t *write_options;
    leveldb_writeoptions_t *later_options;
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* LevelDB's C interface says what went wrong in words only. */
static enum err_code code_of_message(const char *message)
{
    if (starts_with(message, "Corruption"))
        return ERR_CORRUPT;
    if (starts_with(message, "IO error: lock "))
        return ERR_BUSY;
    if (starts_with(message, "Invalid argument"))
        return ERR_CORRUPT;
    return ERR_IO;
}

/* Frees message; true when there is none. */
static bool take_message(char *message, struct err *err)
{
    if (message == NULL)
        return true;
    err_set(err, code_of_message(message), "database: %s", message);
    leveldb_free(message);
    return false;
}

static void set_options(struct database *database, const struct database_options *options)
{
    leveldb_options_t *set = database->options;

    leveldb_options_set_create_if_missing(set, options->create);
    leveldb_options_set_error_if_exists(set, options->create);
    leveldb_options_set_paranoid_checks(set, 1);
    leveldb_options_set_compression(set, leveldb_no_compression);
    leveldb_options_set_filter_policy(set, database->filter);
    leveldb_options_set_cache(set, database->cache);
    leveldb_options_set_write_buffer_size(set, options->write_buffer_bytes);
    leveldb_options_set_block_size(set, BLOCK_LEN);
    leveldb_options_set_max_file_size(set, TABLE_LEN_MAX);
    leveldb_options_set_max_open_files(set, OPEN_FILES_MAX);
    leveldb_readoptions_set_verify_checksums(database->read_options, 1);
    leveldb_writeoptions_set_sync(database->write_options, 1);
}

bool database_open(struct database **out, const char *path, const struct database_options *options,
                   struct err *err)
{
    struct database *database = mem_alloc(sizeof(*database));
    char *message = NULL;

    database->options = leveldb_options_create();
    database->cache = leveldb_cache_create_lru(options->cache_bytes);
    database->filter = leveldb_filterpolicy_create_bloom(BLOOM_BITS_PER_KEY);
    database->read_options = leveldb_readoptions_create();
    database->write_options = leveldb_writeoptions_create();
    database->later_options = leveldb_writeoptions_create();
    set_options(database, options);
    database->db = leveldb_open(database->options, path, &message);
    if (!take_message(message, err)) {
        database_close(database);
        return false;
    }
    *out = database;
    return true;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    if (database->db != NULL)
        leveldb_close(database->db);
    leveldb_options_destroy(database->options);
    leveldb_cache_destroy(database->cache);
    leveldb_filterpolicy_destroy(database->filter);
    leveldb_readoptions_destroy(database->read_options);
    leveldb_writeoptions_destroy(database->write_options);
    leveldb_writeoptions_destroy(database->later_options);
    free(database);
}

bool database_get(struct database *database, struct database_value *out, struct bytes key,
                  struct err *err)
{
    char *message = NULL;

    out->data = (uint8_t *)leveldb_get(database->db, database->read_options, (const char *)key.data,
                                       key.len, &out->len, &message);
    return take_message(message, err);
}

void database_value_cleanup(struct database_value *value)
{
    leveldb_free(value->data);
    *value = (struct database_value){0};
}

struct bytes database_value_bytes(const struct database_value *value)
{
    return bytes_of(value->data, value->len);
}

static struct bytes iterator_key(const leveldb_iterator_t *iterator)
{
    size_t len;
    const char *data = leveldb_iter_key(iterator, &len);

    return bytes_of(data, len);
}

static struct bytes iterator_value(const leveldb_iterator_t *iterator)
{
    size_t len;
    const char *data = leveldb_iter_value(iterator, &len);

    return bytes_of(data, len);
}

bool database_seek(struct database *database, struct buf *out_key, struct buf *out_value,
                   struct bytes from, struct err *err)
{
    leveldb_iterator_t *iterator = leveldb_create_iterator(database->db, database->read_options);
    char *message = NULL;
    bool ok;

    buf_clear(out_key);
    buf_clear(out_value);
    leveldb_iter_seek(iterator, (const char *)from.data, from.len);
    leveldb_iter_get_error(iterator, &message);
    ok = take_message(message, err);
    if (ok && !leveldb_iter_valid(iterator)) {
        ok = err_set(err, ERR_NOT_FOUND, "no such key");
    } else if (ok) {
        buf_append_bytes(out_key, iterator_key(iterator));
        buf_append_bytes(out_value, iterator_value(iterator));
    }
    leveldb_iter_destroy(iterator);
    return ok;
}

bool database_scan(struct database *database, struct bytes prefix, struct bytes from,
                   bool (*visit)(void *context, struct bytes key, struct bytes value),
                   void *context, struct err *err)
{
    leveldb_iterator_t *iterator = leveldb_create_iterator(database->db, database->read_options);
    char *message = NULL;

    leveldb_iter_seek(iterator, (const char *)from.data, from.len);
    while (leveldb_iter_valid(iterator) && bytes_start_with(iterator_key(iterator), prefix) &&
           visit(context, iterator_key(iterator), iterator_value(iterator)))
        leveldb_iter_next(iterator);
    leveldb_iter_get_error(iterator, &message);
    leveldb_iter_destroy(iterator);
    return take_message(message, err);
}

struct database_batch *database_batch_new(void)
{
    return (struct database_batch *)leveldb_writebatch_create();
}

static leveldb_writebatch_t *batch_of(struct database_batch *batch)
{
    return (leveldb_writebatch_t *)batch;
}

void database_batch_free(struct database_batch *batch)
{
    if (batch != NULL)
        leveldb_writebatch_destroy(batch_of(batch));
}

void database_batch_put(struct database_batch *batch, struct bytes key, struct bytes value)
{
    leveldb_writebatch_put(batch_of(batch), (const char *)key.data, key.len,
                           value.len == 0 ? "" : (const char *)value.data, value.len);
}

static bool write_batch(struct database *database, struct database_batch *batch,
                        const leveldb_writeoptions_t *options, struct err *err)
{
    char *message = NULL;

    leveldb_write(database->db, options, batch_of(batch), &message);
    leveldb_writebatch_clear(batch_of(batch));
    return take_message(message, err);
}

bool database_write(struct database *database, struct database_batch *batch, struct err *err)
{
    return write_batch(database, batch, database->write_options, err);
}

bool database_write_later(struct database *database, struct database_batch *batch,
                          struct err *err)
{
    return write_batch(database, batch, database->later_options, err);
}

uint64_t database_table_bytes(struct database *database)
{
    const char *begin = "";
    const char *end = "\xff";
    size_t begin_len = 0;
    size_t end_len = 1;
    uint64_t len = 0;

    leveldb_approximate_sizes(database->db, 1, &begin, &begin_len, &end, &end_len, &len);
    return len;
}

/* A compaction begins with that, also one of a range in which there is nothing. */
void database_flush(struct database *database)
{
    leveldb_compact_range(database->db, "\xff", 1, "\xff", 1);
}

void database_compact(struct database *database)
{
    leveldb_compact_range(database->db, NULL, 0, NULL, 0);
}

bool database_remove(const char *path, struct err *err)
{
    leveldb_options_t *options = leveldb_options_create();
    char *message = NULL;

    leveldb_destroy_db(options, path, &message);
    leveldb_options_destroy(options);
    return take_message(message, err);
}
