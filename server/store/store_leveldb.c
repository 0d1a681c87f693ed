#include "server/store/store_leveldb.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "server/store/derived_rows.h"
#include "server/store/growth.h"
#include "server/store/store_files.h"
#include "server/store/store_lock.h"

static const uint64_t SEGMENT_LEN_MAX = (uint64_t)1 << 30;

/*
 * Tiles are synced when an opening would otherwise have to read a 32nd of a segment, or this many
 * entries: some tenths of a second at most.
 */
enum { UNSYNCED_SHARE = 32, UNSYNCED_ENTRIES_MAX = 1 << 18 };

struct store_leveldb {
    struct store store;
    /* Fixed while open; reads by any thread. */
    char *directory;
    int lock_fd;
    struct reader reader;
    uint64_t segment_len_max;
    struct edge edge; /* the writer appends */
    /* The writer's: */
    bool failed;            /* a commit failed: what is on disk is unknown */
    struct store_head head; /* newest committed */
    uint64_t tiles_size;         /* the full tiles of a tree of this size are on disk */
    uint64_t unsynced_bytes;     /* of entries since then */
    uint64_t facts_size;         /* of the tree that the facts speak of */
    struct format_bundle bundle; /* the newest one, full or not */
    struct database_batch *batch;
    struct buf value;
};

static struct store_leveldb *self_of(struct store *store)
{
    return (struct store_leveldb *)store;
}

static bool read_card(struct store *store, struct store_identity_card *out, struct err *err)
{
    return reader_card(&self_of(store)->reader, out, err);
}

static bool read_head(struct store *store, struct store_head *out, struct err *err)
{
    struct format_state state;

    return reader_state(&self_of(store)->reader, &state, err) &&
           reader_head(&self_of(store)->reader, out, &state, err);
}

static bool seek_head(struct store *store, struct store_head *out, uint64_t size, struct err *err)
{
    return reader_seek_head(&self_of(store)->reader, out, size, err);
}

static bool read_nodes(struct store *store, struct hash *out, const struct node_id *ids,
                       size_t count, struct err *err)
{
    return reader_nodes(&self_of(store)->reader, out, ids, count, err);
}

static bool locate_entries(struct store *store, struct store_extent *out, uint64_t begin,
                           uint64_t end, struct err *err)
{
    return reader_locate(&self_of(store)->reader, out, begin, end, err);
}

static bool find(struct store *store, struct store_key *keys, size_t count, struct err *err)
{
    return reader_find(&self_of(store)->reader, keys, count, err);
}

static bool get_fact(struct store *store, struct bytes key, struct buf *out, bool *out_found,
                     struct err *err)
{
    return reader_fact(&self_of(store)->reader, key, out, out_found, err);
}

static bool scan_facts(struct store *store, const struct store_fact_range *range,
                       store_fact_fn visit, void *context, struct err *err)
{
    return reader_scan_facts(&self_of(store)->reader, range, visit, context, err);
}

static bool read_facts_size(struct store *store, uint64_t *out, struct err *err)
{
    struct format_state state;

    if (!reader_state(&self_of(store)->reader, &state, err))
        return false;
    *out = state.facts_size;
    return true;
}

static void put(struct store_leveldb *self, struct format_key key, struct bytes value)
{
    database_batch_put(self->batch, format_key_bytes(&key), value);
}

static void put_bundle(struct store_leveldb *self, uint64_t bundle)
{
    buf_clear(&self->value);
    format_encode_bundle(&self->value, &self->bundle);
    put(self, format_bundle_key(bundle), bytes_of_buf(&self->value));
}

/* A bundle lies in one segment, so a segment that is long enough ends where a bundle begins. */
static bool begin_bundle(struct store_leveldb *self, struct err *err)
{
    if (segments_last_len(self->reader.segments) >= self->segment_len_max &&
        !segments_begin_next(self->reader.segments, err))
        return false;
    self->bundle.segment = segments_last(self->reader.segments);
    self->bundle.offset = segments_last_len(self->reader.segments);
    self->bundle.count = 0;
    return true;
}

static bool append_entries(struct store_leveldb *self, const struct store_commit *commit,
                           struct err *err)
{
    uint64_t index = commit->expected.size;

    for (size_t i = 0; i < commit->entry_count; i++, index++) {
        if (index % TILE_WIDTH == 0 && !begin_bundle(self, err))
            return false;
        if (!segments_append(self->reader.segments, commit->entries[i], err))
            return false;
        self->bundle.lens[self->bundle.count++] = (uint16_t)commit->entries[i].len;
        if (self->bundle.count == TILE_WIDTH)
            put_bundle(self, index / TILE_WIDTH);
    }
    if (self->bundle.count < TILE_WIDTH)
        put_bundle(self, index / TILE_WIDTH);
    return true;
}

static bool append_nodes(struct store_leveldb *self, const struct store_commit *commit,
                         struct err *err)
{
    for (size_t i = 0; i < commit->node_count; i++) {
        if (!growth_append(&self->reader, &commit->nodes[i], err))
            return false;
    }
    return true;
}

static bool sync_tiles(struct store_leveldb *self, uint64_t size, struct err *err)
{
    if (!tiles_sync(self->reader.tiles, err))
        return false;
    self->tiles_size = size - size % TILE_WIDTH;
    self->unsynced_bytes = 0;
    return true;
}

/* Seldom: until then the entries, which are synced, are all that is needed. */
static bool sync_tiles_when_due(struct store_leveldb *self, const struct store_commit *commit,
                                struct err *err)
{
    for (size_t i = 0; i < commit->entry_count; i++)
        self->unsynced_bytes += 2 + commit->entries[i].len;
    if (self->unsynced_bytes < self->segment_len_max / UNSYNCED_SHARE &&
        commit->head.size - self->tiles_size < UNSYNCED_ENTRIES_MAX)
        return true;
    return sync_tiles(self, commit->head.size, err);
}

static void put_state(struct store_leveldb *self, uint64_t epoch, uint64_t size)
{
    struct format_state state = {
        .epoch = epoch,
        .size = size,
        .segment = segments_last(self->reader.segments),
        .segment_len = segments_last_len(self->reader.segments),
        .tiles_size = self->tiles_size,
        .facts_size = self->facts_size,
    };

    buf_clear(&self->value);
    format_encode_state(&self->value, &state);
    put(self, format_state_key(), bytes_of_buf(&self->value));
}

static void put_head(struct store_leveldb *self, const struct store_head *head)
{
    buf_clear(&self->value);
    format_encode_head(&self->value, head);
    put(self, format_head_key(head->size), bytes_of_buf(&self->value));
}

/*
 * The segment is on disk before the database speaks of it. A crash in between leaves bytes behind
 * the committed end, which the next opening cuts.
 */
static bool commit_synced(struct store_leveldb *self, const struct store_commit *commit,
                          struct err *err)
{
    if (!append_entries(self, commit, err) || !segments_sync(self->reader.segments, err) ||
        !append_nodes(self, commit, err) || !sync_tiles_when_due(self, commit, err))
        return false;
    derived_rows_put_keys(self->batch, commit->keys, commit->key_count);
    derived_rows_put_facts(self->batch, commit->facts, commit->fact_count);
    self->facts_size = commit->head.size;
    put_head(self, &commit->head);
    put_state(self, commit->head.epoch, commit->head.size);
    return database_write(self->reader.database, self->batch, err);
}

static bool commit(struct store *store, const struct store_commit *commit, struct err *err)
{
    struct store_leveldb *self = self_of(store);

    if (self->failed)
        return err_set(err, ERR_IO, "an earlier commit failed, the store must be opened again");
    if (!store_head_same_place(&self->head, &commit->expected))
        return store_set_fenced(err, &self->head, &commit->expected);
    if (!commit_synced(self, commit, err)) {
        self->failed = true;
        return err_wrap(err, "commit of size %" PRIu64, commit->head.size);
    }
    self->head = commit->head;
    return true;
}

static bool stats(struct store *store, struct store_stats *out, struct err *err)
{
    struct store_leveldb *self = self_of(store);
    uint64_t segment_bytes;
    uint64_t tile_bytes;

    if (!segments_total_bytes(self->reader.segments, &segment_bytes, err) ||
        !tiles_total_bytes(self->reader.tiles, &tile_bytes, err) ||
        !file_space_available(&out->bytes_available, self->directory, err))
        return false;
    out->bytes_on_disk =
        segment_bytes + tile_bytes + database_table_bytes(self->reader.database);
    return true;
}

/*
 * Spares the next opening the work, and leaves the write-ahead log empty: damage to tables is
 * always noticed. What fails here is done again there.
 */
static void settle(struct store_leveldb *self)
{
    struct err err = {0};

    if (self->failed)
        return;
    if (self->head.size - self->tiles_size >= TILE_WIDTH && sync_tiles(self, self->head.size, &err)) {
        put_state(self, self->head.epoch, self->head.size);
        self->failed = !database_write(self->reader.database, self->batch, &err);
    }
    if (!self->failed)
        database_flush(self->reader.database);
}

static void free_store(struct store_leveldb *self)
{
    database_close(self->reader.database);
    segments_close(self->reader.segments);
    tiles_close(self->reader.tiles);
    edge_cleanup(&self->edge);
    tile_cache_free(self->reader.tile_cache);
    database_batch_free(self->batch);
    buf_cleanup(&self->value);
    free(self->directory);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    free(self);
}

static void close_store(struct store *store)
{
    settle(self_of(store));
    free_store(self_of(store));
}

static const struct store_ops leveldb_ops = {
    .read_card = read_card,
    .read_head = read_head,
    .seek_head = seek_head,
    .read_nodes = read_nodes,
    .locate_entries = locate_entries,
    .find = find,
    .get_fact = get_fact,
    .scan_facts = scan_facts,
    .read_facts_size = read_facts_size,
    .commit = commit,
    .stats = stats,
    .close = close_store,
};

/* The newest bundle must end where its segment does. */
static bool load_bundle(struct store_leveldb *self, const struct format_state *state,
                        struct err *err)
{
    struct format_bundle *bundle = &self->bundle;

    if (state->size == 0)
        return true;
    if (!reader_bundle(&self->reader, bundle, (state->size - 1) / TILE_WIDTH, err))
        return false;
    if (bundle->count != (state->size - 1) % TILE_WIDTH + 1 || bundle->segment != state->segment ||
        bundle->offset + format_bundle_len(bundle, bundle->count) != state->segment_len)
        return err_set(err, ERR_CORRUPT, "the newest bundle does not end where its segment does");
    return true;
}

/* From the entries, where the tiles that are on disk end. */
static bool load_tiles(struct store_leveldb *self, const struct format_state *state,
                       struct err *err)
{
    return growth_rebuild(&self->reader, state->tiles_size, &self->head, err) &&
           sync_tiles(self, state->size, err);
}

static bool raise_epoch(struct store_leveldb *self, const struct format_state *state,
                        struct err *err)
{
    self->facts_size = state->facts_size;
    self->head.epoch++;
    put_state(self, self->head.epoch, self->head.size);
    return database_write(self->reader.database, self->batch, err) ||
           err_wrap(err, "raise the epoch");
}

/*
 * LevelDB maps its tables into memory and caches no blocks of those, only of tables beyond the
 * first thousand: most of the memory is better used for tiles.
 */
static size_t database_cache_bytes(const struct store_leveldb_options *options)
{
    return options->cache_bytes / 8;
}

static bool open_files(struct store_leveldb *self, struct format_state *out_state,
                       const struct store_leveldb_options *options, struct err *err)
{
    struct database_options database_options = {
        .cache_bytes = database_cache_bytes(options),
        .write_buffer_bytes = options->write_buffer_bytes,
    };
    char *database = mem_format("%s/%s", self->directory, STORE_DATABASE_NAME);
    char *segments = mem_format("%s/%s", self->directory, STORE_SEGMENTS_NAME);
    char *tiles = mem_format("%s/%s", self->directory, STORE_TILES_NAME);
    bool ok = database_open(&self->reader.database, database, &database_options, err) &&
              reader_state(&self->reader, out_state, err) &&
              reader_head(&self->reader, &self->head, out_state, err) &&
              segments_open(&self->reader.segments, segments, out_state->segment,
                            out_state->segment_len, err) &&
              tiles_open(&self->reader.tiles, tiles, out_state->tiles_size, err);

    free(database);
    free(segments);
    free(tiles);
    return ok;
}

bool store_leveldb_open(struct store **out, const struct store_leveldb_options *options,
                        struct err *err)
{
    struct store_leveldb *self = mem_alloc(sizeof(*self));
    struct format_state state;

    self->store.ops = &leveldb_ops;
    self->lock_fd = -1;
    self->directory = mem_copy_text(options->directory);
    self->segment_len_max =
        options->segment_len_max == 0 ? SEGMENT_LEN_MAX : options->segment_len_max;
    edge_init(&self->edge);
    self->reader.edge = &self->edge;
    self->reader.tile_cache = tile_cache_new(options->cache_bytes - database_cache_bytes(options));
    self->batch = database_batch_new();
    if (!store_lock(&self->lock_fd, self->directory, err) || !open_files(self, &state, options, err) ||
        !load_bundle(self, &state, err) || !load_tiles(self, &state, err) ||
        !raise_epoch(self, &state, err)) {
        free_store(self);
        return err_wrap(err, "store %s", options->directory);
    }
    *out = &self->store;
    return true;
}
