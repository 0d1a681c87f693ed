/*
 * GET /v1/entries/{index}: one entry with what the log knows about it: when it was received, and
 * in evidence logs who says what in it. docs/PROTOCOL.md lists the members.
 */
#include "server/http/endpoints.h"

#include <inttypes.h>

#include "schemas/entry_item.h"
#include "server/http/entry_flags.h"
#include "server/http/head_view.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/reply.h"

struct entry_view {
    struct entry_item item;
    struct buf entry;
    struct buf flags;
};

static bool build(struct request *request, struct entry_view *view, struct err *err)
{
    struct store *store = request->service->store;
    struct buf *body = request_body_buf(request);
    struct entry_item *item = &view->item;
    bool is_evidence = request->service->kind == LOG_EVIDENCE;
    struct store_head head; /* of the commit the entry came with */

    if (!tlog_read_entry(store, &view->entry, &item->leaf_hash, item->index, err) ||
        !store_seek_head(store, &head, item->index + 1, err) ||
        (is_evidence && !entry_flags_append(&view->flags, store, &head, item->index, err)))
        return false;
    item->entry = bytes_of_buf(&view->entry);
    item->flags = bytes_of_buf(&view->flags);
    item->has_commit = true;
    item->head_size = head.size;
    item->received_at_ms = head.received_at_ms;
    if (is_evidence)
        return entry_item_append_statement(body, item, err);
    entry_item_append_opaque(body, item);
    return true;
}

bool entry_get(struct request *request, struct problem *problem)
{
    struct entry_view view = {0};
    struct err err = {0};

    if (!request_uint(request, 0, "index", &view.item.index, problem))
        return false;
    if (view.item.index >= request_head(request)->head.size)
        return problem_set(problem, PROBLEM_NOT_FOUND, "The log has %" PRIu64 " entries.",
                           request_head(request)->head.size);
    if (build(request, &view, &err))
        reply_send_item(request, bytes_of_buf(request_body_buf(request)), CACHE_IMMUTABLE);
    else
        reply_send_error(request, &err);
    buf_cleanup(&view.entry);
    buf_cleanup(&view.flags);
    return true;
}
