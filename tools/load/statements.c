#include "tools/load/statements.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "schemas/dcbor.h"
#include "schemas/statement.h"
#include "tools/load/evidence.h"

static bool append_statement(const struct work *work, struct buf *out, struct evidence *evidence,
                             struct signer *signer, struct err *err)
{
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_RECORDS,
                                      .issuer = work->options.issuer,
                                      .issued_at_s = clock_unix_ms(clock_system()) / 1000};
    struct buf payload = {0};
    bool ok;

    if (work->options.records > 1)
        dcbor_put_array(&payload, work->options.records);
    for (uint64_t i = 0; i < work->options.records; i++)
        evidence_append(&payload, evidence, work->options.body_len);
    ok = statement_sign(out, signer, &claims, bytes_of_buf(&payload), err);
    buf_cleanup(&payload);
    return ok;
}

/* Signs every statement before the clock starts, so that the load costs the client little. */
bool statements_prepare(struct work *work, struct err *err)
{
    uint64_t per_body = work->kind->entries_per_request(&work->options);
    size_t connections = work->options.connections;
    struct evidence *streams = mem_alloc_array(connections, sizeof(*streams));
    struct signer *signer = NULL;
    bool ok = signer_open_file(&signer, work->options.key_path, err);

    for (size_t i = 0; i < connections; i++)
        evidence_init(&streams[i], work->options.seed, i);
    work->lanes = mem_alloc_array(connections, sizeof(*work->lanes));
    work->body_count = (size_t)(work->options.count / per_body);
    work->body_ends = mem_alloc_array(work->body_count, sizeof(*work->body_ends));
    for (size_t i = 0; ok && i < work->body_count; i++) {
        for (uint64_t k = 0; ok && k < per_body; k++)
            ok = append_statement(work, &work->bodies, &streams[i % connections], signer, err);
        work->body_ends[i] = work->bodies.len;
    }
    signer_close(signer);
    free(streams);
    return ok;
}

/* Body i is of connection i modulo their number. */
static bool next_statement(struct work *work, size_t connection, struct buf *request,
                           const char *path, const char *type)
{
    const struct work_lane *lane = &work->lanes[connection];
    size_t body = connection + lane->admitted * work->options.connections;
    size_t begin;
    size_t end;

    if (lane->is_broken || body >= work->body_count)
        return false;
    begin = body == 0 ? 0 : work->body_ends[body - 1];
    end = work->body_ends[body];
    work_append_post_head(work, request, path, type, end - begin);
    buf_append(request, work->bodies.data + begin, end - begin);
    return true;
}

bool statements_next_entry(struct work *work, size_t connection, struct buf *request)
{
    return next_statement(work, connection, request, "/entries",
                          "application/scitt-statement+cose");
}

bool statements_next_batch(struct work *work, size_t connection, struct buf *request)
{
    return next_statement(work, connection, request, "/v1/batch", "application/cbor-seq");
}

/* What comes after a statement that was not admitted would leave a gap in the stream. */
static bool go_on(struct work *work, size_t connection, const struct reply *reply, bool ok)
{
    struct work_lane *lane = &work->lanes[connection];

    if (ok)
        lane->admitted++;
    else if (reply->status != 503)
        lane->is_broken = true;
    return ok;
}

bool statements_check_entry(struct work *work, size_t connection, const struct reply *reply,
                            struct err *err)
{
    bool ok = reply->status == 201 && reply->body_len >= 100 && reply->body.data[0] == 0xD2;

    if (!ok)
        err_set(err, ERR_INVALID, "status %d, no receipt", reply->status);
    return go_on(work, connection, reply, ok);
}

/* How many statements the request under way has: the last one of all may have fewer. */
static uint64_t statements_under_way(const struct work *work, size_t connection)
{
    uint64_t body = connection + work->lanes[connection].admitted * work->options.connections;
    uint64_t left = work->options.count - body * work->options.statements;

    return left < work->options.statements ? left : work->options.statements;
}

/* One map for each of so many statements, each with an index. */
static bool has_every_index(const struct reply *reply, uint64_t expected, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(reply->body);
    struct bytes result;
    uint64_t count = 0;

    if (reply->status != 200)
        return err_set(err, ERR_INVALID, "status %d", reply->status);
    while (!dcbor_at_end(&reader)) {
        if (!dcbor_skip(&reader, &result, err))
            return false;
        if (memmem(result.data, result.len, "index", 5) == NULL)
            return err_set(err, ERR_INVALID, "a statement got no index");
        count++;
    }
    return count == expected ||
           err_set(err, ERR_INVALID, "%" PRIu64 " results", count);
}

bool statements_check_batch(struct work *work, size_t connection, const struct reply *reply,
                            struct err *err)
{
    uint64_t expected = statements_under_way(work, connection);

    return go_on(work, connection, reply, has_every_index(reply, expected, err));
}
