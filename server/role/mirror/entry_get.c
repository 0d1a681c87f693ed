/*
 * GET of one entry from a copy, and what its statement says: as the log answers, but for what only
 * the log knows, when it received it and which flags it got.
 */
#include "client/reader/log_reader.h"
#include "schemas/entry_item.h"
#include "server/role/mirror/copy_reading.h"
#include "server/transport/reply.h"

static bool build(struct buf *out, const struct copy_reading *copy, struct buf *entry,
                  uint64_t index, struct err *err)
{
    struct entry_item item = {.index = index};

    if (!log_read_entry(copy->fetcher, entry, &copy->head.checkpoint, index, err))
        return false;
    item.entry = bytes_of_buf(entry);
    hash_leaf(&item.leaf_hash, item.entry);
    if (copy_reading_is_evidence(copy))
        return entry_item_append_statement(out, &item, err);
    entry_item_append_opaque(out, &item);
    return true;
}

bool mirror_entry_get(struct request *request, struct problem *problem)
{
    struct copy_reading copy = {0};
    struct buf entry = {0};
    struct err err = {0};
    uint64_t index = 0;
    bool ok = request_uint(request, 1, "index", &index, problem) &&
              copy_reading_open(&copy, request, problem) &&
              copy_reading_check_index(&copy, index, problem);

    if (ok && build(request_body_buf(request), &copy, &entry, index, &err))
        reply_send_item(request, bytes_of_buf(request_body_buf(request)), CACHE_IMMUTABLE);
    else if (ok)
        reply_send_error(request, &err);
    buf_cleanup(&entry);
    copy_reading_close(&copy);
    return ok;
}
