/*
 * GET /v1/entries/{index}: one entry with what the log knows about it: when it was received, and
 * in evidence logs who says what in it. docs/PROTOCOL.md lists the members.
 */
#include "server/http/endpoints.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/statement.h"
#include "server/http/entry_flags.h"
#include "server/http/head_view.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/reply.h"

struct entry_view {
    uint64_t index;
    struct buf entry;
    struct hash leaf_hash;
    struct store_head head; /* of the commit the entry came with */
    struct buf flags;       /* empty: there are none */
};

static void put_uint_member(struct buf *out, const char *name, uint64_t value)
{
    dcbor_put_literal(out, name);
    dcbor_put_uint(out, value);
}

static void put_text_member(struct buf *out, const char *name, struct bytes value)
{
    dcbor_put_literal(out, name);
    dcbor_put_text(out, value);
}

static void put_entry_id(struct buf *out, const struct hash *leaf_hash)
{
    struct buf id = {0};

    text_append_hex(&id, hash_bytes(leaf_hash));
    put_text_member(out, "entry_id", bytes_of_buf(&id));
    buf_cleanup(&id);
}

static void put_records(struct buf *out, struct bytes payload)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;

    dcbor_put_literal(out, "records");
    dcbor_put_array(out, reader.count);
    while (record_next(&reader, &record))
        buf_append_bytes(out, record.encoded);
}

static void append_opaque(struct buf *out, const struct entry_view *view)
{
    dcbor_put_map(out, 5);
    dcbor_put_literal(out, "entry");
    dcbor_put_bytes(out, bytes_of_buf(&view->entry));
    put_uint_member(out, "index", view->index);
    put_entry_id(out, &view->leaf_hash);
    put_uint_member(out, "head_size", view->head.size);
    put_uint_member(out, "received_at_ms", view->head.received_at_ms);
}

/* Names in the order of deterministic CBOR: shorter ones first, then by their bytes. */
static bool append_statement(struct buf *out, const struct entry_view *view, struct err *err)
{
    struct statement statement;
    struct problem problem = {0};
    size_t record_count;

    if (!statement_decode(&statement, bytes_of_buf(&view->entry), &problem) ||
        !record_check_payload(statement.cose.payload, &record_count, &problem))
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is no statement: %s", view->index,
                       problem.detail);
    dcbor_put_map(out, 10u + (statement.subject.len > 0) + (view->flags.len > 0));
    dcbor_put_literal(out, "entry");
    dcbor_put_bytes(out, bytes_of_buf(&view->entry));
    if (view->flags.len > 0) {
        dcbor_put_literal(out, "flags");
        buf_append_bytes(out, bytes_of_buf(&view->flags));
    }
    put_uint_member(out, "index", view->index);
    put_text_member(out, "issuer", statement.issuer);
    put_records(out, statement.cose.payload);
    if (statement.subject.len > 0)
        put_text_member(out, "subject", statement.subject);
    put_entry_id(out, &view->leaf_hash);
    put_uint_member(out, "head_size", view->head.size);
    put_uint_member(out, "issued_at_s", statement.issued_at_s);
    put_text_member(out, "content_type", statement.content_type);
    dcbor_put_literal(out, "statement_id");
    dcbor_put_bytes(out, hash_bytes(&statement.sid));
    put_uint_member(out, "received_at_ms", view->head.received_at_ms);
    return true;
}

static bool build(struct request *request, struct entry_view *view, struct err *err)
{
    struct store *store = request->service->store;
    struct buf *body = request_body_buf(request);

    if (!tlog_read_entry(store, &view->entry, &view->leaf_hash, view->index, err) ||
        !store_seek_head(store, &view->head, view->index + 1, err))
        return false;
    if (request->service->kind == LOG_EVIDENCE)
        return entry_flags_append(&view->flags, store, &view->head, view->index, err) &&
               append_statement(body, view, err);
    append_opaque(body, view);
    return true;
}

bool entry_get(struct request *request, struct problem *problem)
{
    struct entry_view view = {0};
    struct err err = {0};

    if (!request_uint(request, 0, "index", &view.index, problem))
        return false;
    if (view.index >= request_head(request)->head.size)
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
