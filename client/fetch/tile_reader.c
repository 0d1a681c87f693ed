#include "client/fetch/tile_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/tile_path.h"

enum { ENTRY_WITH_LENGTH_MAX = 65535 + 2 };

void tile_reader_init(struct tile_reader *out, struct fetcher *fetcher, uint64_t size)
{
    *out = (struct tile_reader){.fetcher = fetcher, .size = size};
    out->cache = mem_alloc_array(TILE_READER_CACHED, sizeof(*out->cache));
}

void tile_reader_cleanup(struct tile_reader *reader)
{
    free(reader->cache);
    *reader = (struct tile_reader){0};
}

size_t tile_len_max(bool is_entries, unsigned width)
{
    return (size_t)width * (is_entries ? ENTRY_WITH_LENGTH_MAX : HASH_LEN);
}

static bool fetch_width(struct fetcher *fetcher, struct fetch_reply *out, struct tile_id tile,
                        unsigned width, bool is_entries, struct err *err)
{
    struct tile_path path = {.is_entries = is_entries, .tile = tile, .width = width};
    struct buf text = {0};
    bool ok;

    tile_path_append(&text, &path);
    ok = fetch_get(fetcher, out, buf_text(&text), NULL, tile_len_max(is_entries, width), err);
    buf_cleanup(&text);
    return ok;
}

bool tile_fetch(struct fetcher *fetcher, struct fetch_reply *out, struct tile_id tile,
                unsigned width, bool is_entries, struct err *err)
{
    struct err full_err = {0};

    if (fetch_width(fetcher, out, tile, width, is_entries, err))
        return true;
    if (width == TILE_WIDTH || err->code != ERR_NOT_FOUND)
        return false;
    buf_cleanup(&out->body);
    if (!fetch_width(fetcher, out, tile, TILE_WIDTH, is_entries, &full_err))
        return false; /* err still tells of the partial one */
    *err = (struct err){0};
    return true;
}

static const struct cached_tile *find_cached(const struct tile_reader *reader, struct tile_id id)
{
    for (size_t i = 0; i < TILE_READER_CACHED; i++) {
        const struct cached_tile *tile = &reader->cache[i];

        if (tile->width > 0 && tile->id.level == id.level && tile->id.index == id.index)
            return tile;
    }
    return NULL;
}

bool tile_read(struct fetcher *fetcher, struct cached_tile *out, struct tile_id id, unsigned width,
               struct err *err)
{
    struct fetch_reply reply;
    bool ok = tile_fetch(fetcher, &reply, id, width, false, err);

    out->width = 0;
    if (ok && reply.body.len < (size_t)width * HASH_LEN)
        ok = err_set(err, ERR_CORRUPT, "tile %u/%" PRIu64 " is %zu bytes long, %zu are needed",
                     id.level, id.index, reply.body.len, (size_t)width * HASH_LEN);
    if (ok) {
        memcpy(out->hashes, reply.body.data, (size_t)width * HASH_LEN);
        out->id = id;
        out->width = width;
    }
    buf_cleanup(&reply.body);
    return ok;
}

static const struct cached_tile *read_tile(struct tile_reader *reader, struct tile_id id,
                                           struct err *err)
{
    struct cached_tile *place = &reader->cache[reader->next_place];
    unsigned width = tile_width(id, reader->size);

    CHECK(width > 0);
    if (!tile_read(reader->fetcher, place, id, width, err))
        return NULL;
    reader->next_place = (reader->next_place + 1) % TILE_READER_CACHED;
    return place;
}

void tile_row_root(struct hash *out, const struct hash *row, size_t count)
{
    struct hash hashes[TILE_WIDTH];

    CHECK(count >= 1 && count <= TILE_WIDTH && (count & (count - 1)) == 0);
    memcpy(hashes, row, count * sizeof(*row));
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++)
            hash_node(&hashes[i], &hashes[2 * i], &hashes[2 * i + 1]);
    }
    *out = hashes[0];
}

void tile_node(struct hash *out, const struct cached_tile *tile, struct node_id node)
{
    unsigned height = node.level - tile->id.level * TILE_HEIGHT;
    size_t begin = (size_t)((node.index << height) % TILE_WIDTH);

    CHECK(begin + ((size_t)1 << height) <= tile->width);
    tile_row_root(out, tile->hashes + begin, (size_t)1 << height);
}

bool tile_reader_nodes(struct tile_reader *reader, struct hash *out, const struct node_id *ids,
                       size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct tile_id id = tile_of_node(ids[i]);
        const struct cached_tile *tile = find_cached(reader, id);

        if (tile == NULL)
            tile = read_tile(reader, id, err);
        if (tile == NULL)
            return false;
        tile_node(&out[i], tile, ids[i]);
    }
    return true;
}
