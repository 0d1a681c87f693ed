extern "C" {
#include "base/database/database.h"
}

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>
#include <stdlib.h>
#include <string.h>

#include <memory>

#include "base/database/environment.h"

using leveldb::Slice;
using leveldb::Status;

namespace {

constexpr int BLOOM_BITS_PER_KEY = 10;
constexpr size_t BLOCK_LEN = 4096;
constexpr size_t TABLE_LEN_MAX = 16 << 20;
constexpr int OPEN_FILES_MAX = 1000;

enum err_code code_of(const Status &status)
{
    if (status.IsCorruption() || status.IsInvalidArgument())
        return ERR_CORRUPT;
    if (Slice(status.ToString()).starts_with("IO error: lock "))
        return ERR_BUSY;
    return ERR_IO;
}

/* True when all is well. */
bool check(const Status &status, struct err *err)
{
    return status.ok() ||
           err_set(err, code_of(status), "database: %s", status.ToString().c_str());
}

Slice slice_of(struct bytes span)
{
    return Slice(span.len == 0 ? "" : reinterpret_cast<const char *>(span.data), span.len);
}

struct bytes bytes_of_slice(const Slice &slice)
{
    return bytes_of(slice.data(), slice.size());
}

leveldb::ReadOptions read_options()
{
    leveldb::ReadOptions options;

    options.verify_checksums = true;
    return options;
}

leveldb::WriteOptions write_options(bool sync)
{
    leveldb::WriteOptions options;

    options.sync = sync;
    return options;
}

} // namespace

/* Members go in the reverse order: the database before what it uses. */
struct database {
    std::unique_ptr<leveldb::Cache> cache;
    std::unique_ptr<const leveldb::FilterPolicy> filter;
    std::unique_ptr<leveldb::DB> db;
};

struct database_batch {
    leveldb::WriteBatch batch;
};

static leveldb::Options options_of(const struct database *database,
                                   const struct database_options *options)
{
    leveldb::Options out;

    out.env = database_environment();
    out.create_if_missing = options->create;
    out.error_if_exists = options->create;
    out.paranoid_checks = true;
    out.compression = leveldb::kNoCompression;
    out.filter_policy = database->filter.get();
    out.block_cache = database->cache.get();
    out.write_buffer_size = options->write_buffer_bytes;
    out.block_size = BLOCK_LEN;
    out.max_file_size = TABLE_LEN_MAX;
    out.max_open_files = OPEN_FILES_MAX;
    return out;
}

bool database_open(struct database **out, const char *path, const struct database_options *options,
                   struct err *err)
{
    std::unique_ptr<struct database> database(new struct database());
    leveldb::DB *db = nullptr;

    database->cache.reset(leveldb::NewLRUCache(options->cache_bytes));
    database->filter.reset(leveldb::NewBloomFilterPolicy(BLOOM_BITS_PER_KEY));
    if (!check(leveldb::DB::Open(options_of(database.get(), options), path, &db), err))
        return false;
    database->db.reset(db);
    *out = database.release();
    return true;
}

void database_close(struct database *database)
{
    delete database;
}

bool database_get(struct database *database, struct database_value *out, struct bytes key,
                  struct err *err)
{
    std::string value;
    Status status = database->db->Get(read_options(), slice_of(key), &value);

    *out = {};
    if (status.IsNotFound())
        return true;
    if (!check(status, err))
        return false;
    out->data = static_cast<uint8_t *>(mem_alloc(value.size() + 1)); /* never NULL when found */
    memcpy(out->data, value.data(), value.size());
    out->len = value.size();
    return true;
}

void database_value_cleanup(struct database_value *value)
{
    free(value->data);
    *value = {};
}

struct bytes database_value_bytes(const struct database_value *value)
{
    return bytes_of(value->data, value->len);
}

bool database_seek(struct database *database, struct buf *out_key, struct buf *out_value,
                   struct bytes from, struct err *err)
{
    std::unique_ptr<leveldb::Iterator> iterator(database->db->NewIterator(read_options()));

    buf_clear(out_key);
    buf_clear(out_value);
    iterator->Seek(slice_of(from));
    if (!check(iterator->status(), err))
        return false;
    if (!iterator->Valid())
        return err_set(err, ERR_NOT_FOUND, "no such key");
    buf_append_bytes(out_key, bytes_of_slice(iterator->key()));
    buf_append_bytes(out_value, bytes_of_slice(iterator->value()));
    return true;
}

bool database_scan(struct database *database, struct bytes prefix, struct bytes from,
                   bool (*visit)(void *context, struct bytes key, struct bytes value),
                   void *context, struct err *err)
{
    std::unique_ptr<leveldb::Iterator> iterator(database->db->NewIterator(read_options()));

    for (iterator->Seek(slice_of(from));
         iterator->Valid() && iterator->key().starts_with(slice_of(prefix)) &&
         visit(context, bytes_of_slice(iterator->key()), bytes_of_slice(iterator->value()));
         iterator->Next())
        ;
    return check(iterator->status(), err);
}

struct database_batch *database_batch_new(void)
{
    return new struct database_batch();
}

void database_batch_free(struct database_batch *batch)
{
    delete batch;
}

void database_batch_put(struct database_batch *batch, struct bytes key, struct bytes value)
{
    batch->batch.Put(slice_of(key), slice_of(value));
}

static bool write_batch(struct database *database, struct database_batch *batch, bool sync,
                        struct err *err)
{
    Status status = database->db->Write(write_options(sync), &batch->batch);

    batch->batch.Clear();
    return check(status, err);
}

bool database_write(struct database *database, struct database_batch *batch, struct err *err)
{
    return write_batch(database, batch, true, err);
}

bool database_write_later(struct database *database, struct database_batch *batch,
                          struct err *err)
{
    return write_batch(database, batch, false, err);
}

uint64_t database_table_bytes(struct database *database)
{
    const leveldb::Range all("", "\xff");
    uint64_t len = 0;

    database->db->GetApproximateSizes(&all, 1, &len);
    return len;
}

/* A compaction begins with that, also one of a range in which there is nothing. */
void database_flush(struct database *database)
{
    const Slice end("\xff");

    database->db->CompactRange(&end, &end);
}

void database_compact(struct database *database)
{
    database->db->CompactRange(nullptr, nullptr);
}

bool database_remove(const char *path, struct err *err)
{
    return check(leveldb::DestroyDB(path, leveldb::Options()), err);
}
