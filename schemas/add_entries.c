#include "schemas/add_entries.h"

#include <inttypes.h>
#include <string.h>

/* What is left of a message; is_cut: it ended too early. */
struct cursor {
    struct bytes rest;
    bool is_cut;
};

static struct bytes take(struct cursor *cursor, size_t len)
{
    struct bytes taken = {0};

    if (cursor->is_cut || cursor->rest.len < len) {
        cursor->is_cut = true;
        return taken;
    }
    taken = bytes_slice(cursor->rest, 0, len);
    cursor->rest = bytes_slice(cursor->rest, len, cursor->rest.len);
    return taken;
}

static uint16_t take_be16(struct cursor *cursor)
{
    struct bytes taken = take(cursor, 2);

    return cursor->is_cut ? 0 : read_be16(taken.data);
}

static uint64_t take_be64(struct cursor *cursor)
{
    struct bytes taken = take(cursor, 8);

    return cursor->is_cut ? 0 : read_be64(taken.data);
}

static enum add_entries_taken broken(struct err *err, const char *text)
{
    err_set(err, ERR_INVALID, "%s", text);
    return ADD_ENTRIES_BROKEN;
}

static bool set_origin(struct add_entries_head *out, struct bytes origin)
{
    memcpy(out->origin, origin.data, origin.len);
    out->origin[origin.len] = '\0';
    return strlen(out->origin) == origin.len && origin_is_valid(out->origin);
}

enum add_entries_taken add_entries_take_head(struct add_entries_head *out, struct bytes *rest,
                                             struct err *err)
{
    struct cursor cursor = {.rest = *rest};
    uint16_t len = take_be16(&cursor);
    struct bytes origin;

    if (len > ORIGIN_LEN_MAX)
        return broken(err, "the origin is too long");
    origin = take(&cursor, len);
    if (!cursor.is_cut && (len == 0 || !set_origin(out, origin)))
        return broken(err, "this is no origin of a log");
    out->upload.begin = take_be64(&cursor);
    out->upload.end = take_be64(&cursor);
    len = take_be16(&cursor);
    if (len > ADD_ENTRIES_TICKET_LEN_MAX)
        return broken(err, "the ticket is too long to be one of this mirror");
    out->ticket = take(&cursor, len);
    if (cursor.is_cut)
        return ADD_ENTRIES_CUT;
    if (out->upload.end > TREE_SIZE_MAX || out->upload.begin > out->upload.end)
        return broken(err, "upload_start and upload_end are no range of entries");
    *rest = cursor.rest;
    return ADD_ENTRIES_TAKEN;
}

struct add_entries_place add_entries_place_of(struct entry_range upload, uint64_t next)
{
    struct add_entries_place place = {.aligned = next - next % TILE_WIDTH, .begin = next};

    CHECK(upload.begin <= next && next < upload.end);
    place.end = upload.end - place.aligned < TILE_WIDTH ? upload.end : place.aligned + TILE_WIDTH;
    return place;
}

/* The hashes lie as they are in memory. */
static bool take_hashes(struct proof *out, struct cursor *cursor, struct err *err)
{
    struct bytes count = take(cursor, 1);
    struct bytes hashes;

    if (cursor->is_cut)
        return true;
    if (count.data[0] > ADD_ENTRIES_HASHES_MAX)
        return err_set(err, ERR_INVALID, "more than %d hashes", ADD_ENTRIES_HASHES_MAX);
    out->count = count.data[0];
    hashes = take(cursor, out->count * HASH_LEN);
    if (!cursor->is_cut && out->count > 0)
        memcpy(out->hashes, hashes.data, hashes.len);
    return true;
}

enum add_entries_taken add_entries_take_package(struct add_entries_package *out,
                                                struct bytes *rest,
                                                const struct add_entries_place *place,
                                                struct err *err)
{
    struct cursor cursor = {.rest = *rest};

    for (uint64_t i = place->begin; i < place->end; i++)
        take(&cursor, take_be16(&cursor));
    out->entries = bytes_slice(*rest, 0, rest->len - cursor.rest.len);
    if (!take_hashes(&out->proof, &cursor, err))
        return ADD_ENTRIES_BROKEN;
    if (cursor.is_cut)
        return ADD_ENTRIES_CUT;
    *rest = cursor.rest;
    return ADD_ENTRIES_TAKEN;
}

void add_entries_append_head(struct buf *out, const struct add_entries_head *head)
{
    size_t origin_len = strlen(head->origin);

    CHECK(head->ticket.len <= UINT16_MAX);
    buf_append_be16(out, (uint16_t)origin_len);
    buf_append(out, head->origin, origin_len);
    buf_append_be64(out, head->upload.begin);
    buf_append_be64(out, head->upload.end);
    buf_append_be16(out, (uint16_t)head->ticket.len);
    buf_append_bytes(out, head->ticket);
}

void add_entries_append_package(struct buf *out, const struct add_entries_package *package)
{
    CHECK(package->proof.count <= ADD_ENTRIES_HASHES_MAX);
    buf_append_bytes(out, package->entries);
    buf_append_byte(out, (uint8_t)package->proof.count);
    buf_append(out, package->proof.hashes, package->proof.count * HASH_LEN);
}

void add_entries_append_info(struct buf *out, uint64_t pending_size, uint64_t next_entry)
{
    buf_append_format(out, "%" PRIu64 "\n%" PRIu64 "\n\n", pending_size, next_entry);
}
