#include "server/store/reader.h"

#include <inttypes.h>
#include <string.h>

/* The value of a key that must be there. */
static bool reader_get(const struct reader *reader, struct database_value *out,
                       struct format_key key, const char *what, struct err *err)
{
    if (!database_get(reader->database, out, format_key_bytes(&key), err))
        return err_wrap(err, "read %s", what);
    return out->data != NULL || err_set(err, ERR_CORRUPT, "%s is missing", what);
}

bool reader_state(const struct reader *reader, struct format_state *out, struct err *err)
{
    struct database_value value = {0};
    bool ok = reader_get(reader, &value, format_state_key(), "the state", err) &&
              format_decode_state(out, database_value_bytes(&value), err);

    database_value_cleanup(&value);
    return ok;
}

bool reader_head(const struct reader *reader, struct store_head *out,
                 const struct format_state *state, struct err *err)
{
    struct database_value value = {0};
    bool ok = reader_get(reader, &value, format_head_key(state->size), "the newest head", err) &&
              format_decode_head(out, state->size, database_value_bytes(&value), err);

    database_value_cleanup(&value);
    if (ok)
        out->epoch = state->epoch;
    return ok;
}

bool reader_bundle(const struct reader *reader, struct format_bundle *out, uint64_t bundle,
                   struct err *err)
{
    struct database_value value = {0};
    bool ok = reader_get(reader, &value, format_bundle_key(bundle), "a bundle's place", err) &&
              format_decode_bundle(out, database_value_bytes(&value), err);

    database_value_cleanup(&value);
    return ok;
}

bool reader_card(const struct reader *reader, struct store_identity_card *out, struct err *err)
{
    struct database_value value = {0};
    bool ok = reader_get(reader, &value, format_card_key(), "the identity card", err) &&
              format_decode_card(out, database_value_bytes(&value), err);

    database_value_cleanup(&value);
    return ok;
}

bool reader_seek_head(const struct reader *reader, struct store_head *out, uint64_t size,
                      struct err *err)
{
    struct format_key from = format_head_key(size);
    struct buf key = {0};
    struct buf value = {0};
    uint64_t found;
    bool ok = database_seek(reader->database, &key, &value, format_key_bytes(&from), err);

    if (ok && !format_decode_head_key(&found, bytes_of_buf(&key)))
        ok = err_set(err, ERR_NOT_FOUND, "no head of size %" PRIu64 " or more", size);
    ok = ok && format_decode_head(out, found, bytes_of_buf(&value), err);
    buf_cleanup(&key);
    buf_cleanup(&value);
    return ok;
}

/* Nodes of one full tile that the cache does not have. */
static bool read_tile_nodes(const struct reader *reader, struct hash *out,
                            const struct node_id *ids, size_t count, struct err *err)
{
    struct tile_id tile = tile_of_node(ids[0]);
    struct hash nodes[TILE_NODES];

    if (!tiles_read(reader->tiles, nodes, tile, err))
        return err_wrap(err, "node %" PRIu64 " on level %u", ids[0].index, ids[0].level);
    for (size_t i = 0; i < count; i++)
        out[i] = nodes[tile_node_position(ids[i])];
    tile_cache_put(reader->tile_cache, tile, bytes_of(nodes, sizeof(nodes)));
    return true;
}

/* How many ids from the first on lie in the same tile as the first. */
static size_t same_tile_count(const struct node_id *ids, size_t count)
{
    struct tile_id first = tile_of_node(ids[0]);
    size_t same = 1;

    while (same < count) {
        struct tile_id tile = tile_of_node(ids[same]);

        if (tile.level != first.level || tile.index != first.index)
            break;
        same++;
    }
    return same;
}

bool reader_nodes(const struct reader *reader, struct hash *out, const struct node_id *ids,
                  size_t count, struct err *err)
{
    size_t done = 0;

    while (done < count) {
        size_t same = same_tile_count(ids + done, count - done);

        /* In this order: a tile that fills up meanwhile is in its file before it leaves the edge. */
        if (!edge_read(reader->edge, out + done, ids + done, same) &&
            !tile_cache_read(reader->tile_cache, out + done, ids + done, same) &&
            !read_tile_nodes(reader, out + done, ids + done, same, err))
            return false;
        done += same;
    }
    return true;
}

bool reader_locate(const struct reader *reader, struct store_extent *out, uint64_t begin,
                   uint64_t end, struct err *err)
{
    struct format_bundle bundle;
    unsigned first = (unsigned)(begin % TILE_WIDTH);
    unsigned after_last = first + (unsigned)(end - begin);

    if (!reader_bundle(reader, &bundle, begin / TILE_WIDTH, err))
        return err_wrap(err, "entry %" PRIu64, begin);
    if (bundle.count < after_last)
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is missing", end - 1);
    out->offset = bundle.offset + format_bundle_len(&bundle, first);
    out->len = bundle.offset + format_bundle_len(&bundle, after_last) - out->offset;
    out->fd = segments_fd(reader->segments, bundle.segment);
    return out->fd >= 0 ||
           err_set(err, ERR_CORRUPT, "segment %" PRIu32 " is missing", bundle.segment);
}

bool reader_find(const struct reader *reader, struct store_key *keys, size_t count, struct err *err)
{
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        struct format_key key = format_index_key(keys[i].index, &keys[i].hash);
        struct database_value value = {0};

        keys[i].entry_index = STORE_NO_INDEX;
        ok = database_get(reader->database, &value, format_key_bytes(&key), err);
        if (ok && value.data != NULL)
            ok = format_decode_index(&keys[i].entry_index, database_value_bytes(&value), err);
        database_value_cleanup(&value);
    }
    return ok;
}

bool reader_fact(const struct reader *reader, struct bytes key, struct buf *out, bool *out_found,
                 struct err *err)
{
    struct format_key row = format_fact_key(key);
    struct database_value value = {0};
    bool ok = database_get(reader->database, &value, format_key_bytes(&row), err);

    *out_found = ok && value.data != NULL;
    if (*out_found)
        buf_append_bytes(out, database_value_bytes(&value));
    database_value_cleanup(&value);
    return ok;
}

struct fact_visit {
    store_fact_fn visit;
    void *context;
    bool is_damaged;
};

static bool visit_row(void *context, struct bytes key, struct bytes value)
{
    struct fact_visit *visit = context;
    struct store_fact fact = {.value = value};

    visit->is_damaged = !format_decode_fact_key(&fact.key, key);
    return !visit->is_damaged && visit->visit(visit->context, &fact);
}

bool reader_scan_facts(const struct reader *reader, const struct store_fact_range *range,
                       store_fact_fn visit, void *context, struct err *err)
{
    bool has_from = bytes_compare(range->from, range->prefix) > 0;
    struct format_key prefix = format_fact_key(range->prefix);
    struct format_key from = format_fact_key(has_from ? range->from : range->prefix);
    struct fact_visit rows = {.visit = visit, .context = context};

    if (!database_scan(reader->database, format_key_bytes(&prefix), format_key_bytes(&from),
                       visit_row, &rows, err))
        return false;
    return !rows.is_damaged || err_set(err, ERR_CORRUPT, "the key of a fact is damaged");
}
