/*
 * LevelDB as we use it: checked reads, atomic synced writes. The only user of
 * LevelDB in the programs. Reads may come from any thread; a batch belongs to one.
 */
#ifndef VOUCH_BASE_DATABASE_DATABASE_H
#define VOUCH_BASE_DATABASE_DATABASE_H

#include "base/bytes.h"
#include "base/err.h"

struct database;
struct database_batch;

struct database_options {
    size_t cache_bytes;
    size_t write_buffer_bytes;
    bool create; /* the database must not exist; otherwise it must */
};

/* ERR_BUSY when another process has it, ERR_CORRUPT when it is damaged. */
MUST_USE bool database_open(struct database **out, const char *path,
                            const struct database_options *options, struct err *err);
void database_close(struct database *database); /* accepts NULL */

/* A value found, owned; free with database_value_cleanup. data is NULL when there is none. */
struct database_value {
    uint8_t *data;
    size_t len;
};

MUST_USE bool database_get(struct database *database, struct database_value *out, struct bytes key,
                           struct err *err);
void database_value_cleanup(struct database_value *value);
struct bytes database_value_bytes(const struct database_value *value);

/* The first key at or after `from` replaces out_key and out_value; ERR_NOT_FOUND at the end. */
MUST_USE bool database_seek(struct database *database, struct buf *out_key, struct buf *out_value,
                            struct bytes from, struct err *err);

/* Rows whose keys begin with prefix, from the first key not before `from`, as of one moment; ends
 * when visit says false. What visit is given is borrowed until it returns. */
MUST_USE bool database_scan(struct database *database, struct bytes prefix, struct bytes from,
                            bool (*visit)(void *context, struct bytes key, struct bytes value),
                            void *context, struct err *err);

struct database_batch *database_batch_new(void);
void database_batch_free(struct database_batch *batch); /* accepts NULL */
void database_batch_put(struct database_batch *batch, struct bytes key, struct bytes value);

/* All puts of the batch or none, on disk when it returns true. Empties the batch. */
MUST_USE bool database_write(struct database *database, struct database_batch *batch,
                             struct err *err);

/* As database_write, but a power cut may take it back, with all that was written after it, until
 * something is written for good after database_flush. */
MUST_USE bool database_write_later(struct database *database, struct database_batch *batch,
                                   struct err *err);

/* Bytes of its tables; the write-ahead log, at most two write buffers, is not counted. */
uint64_t database_table_bytes(struct database *database);

/* Moves what is in the write-ahead log into a table, as far as that is possible. */
void database_flush(struct database *database);

/* Removes the database at path, if there is one; nobody may have it open. */
MUST_USE bool database_remove(const char *path, struct err *err);

/* Rewrites all tables so that nothing outdated is left; takes long. For tools and benchmarks. */
void database_compact(struct database *database);

#endif
