/*
 * GET /entries/{id}/statement: the statement as logged; with ?receipt a transparent statement,
 * which carries its receipt in unprotected header 394 (RFC 9942, 4.3).
 */
#include "server/http/endpoints.h"

#include "schemas/cose.h"
#include "schemas/dcbor.h"
#include "server/http/receipts.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/reply.h"

/* {394: [receipt]} */
static void append_receipts_header(struct buf *out, struct bytes receipt)
{
    dcbor_put_map(out, 1);
    dcbor_put_uint(out, COSE_HEADER_RECEIPTS);
    dcbor_put_array(out, 1);
    dcbor_put_bytes(out, receipt);
}

static bool embed_receipt(struct request *request, struct buf *statement, uint64_t index,
                          struct err *err)
{
    struct buf *body = request_body_buf(request);
    struct buf header = {0};
    struct cose_sign1 cose;
    bool ok = receipts_build_newest(request, index, err) &&
              cose_sign1_decode(&cose, bytes_of_buf(statement), err);

    if (ok) {
        append_receipts_header(&header, bytes_of_buf(body));
        cose.unprotected_header = bytes_of_buf(&header);
        buf_clear(body);
        cose_sign1_encode(body, &cose);
    }
    buf_cleanup(&header);
    return ok;
}

static bool build_transparent(struct request *request, uint64_t index, struct err *err)
{
    struct buf statement = {0};
    bool ok = tlog_read_entry(request->service->store, &statement, NULL, index, err) &&
              embed_receipt(request, &statement, index, err);

    buf_cleanup(&statement);
    return ok;
}

static void send_built(struct request *request, const char *cache_control)
{
    struct reply reply = {.status = 200,
                          .media = MEDIA_STATEMENT,
                          .cache_control = cache_control,
                          .body = bytes_of_buf(request_body_buf(request))};

    reply_send(request, &reply);
}

static void send_transparent(struct request *request)
{
    struct err err = {0};

    if (!awaiting_check(request))
        return;
    if (build_transparent(request, request->state->awaiting.index, &err))
        send_built(request, CACHE_NONE);
    else
        reply_send_error(request, &err);
}

static void send_statement(struct request *request, uint64_t index)
{
    struct err err = {0};

    if (tlog_read_entry(request->service->store, request_body_buf(request), NULL, index, &err))
        send_built(request, CACHE_IMMUTABLE);
    else
        reply_send_error(request, &err);
}

static bool take(struct request *request, struct query *query, bool *out_with_receipt,
                 struct problem *problem)
{
    struct bytes value = {0};

    *out_with_receipt = query_take(query, "receipt", &value);
    if (value.len > 0)
        return problem_set(problem, PROBLEM_PARAMETER, "The parameter receipt has no value.");
    if (!awaiting_take(request, query, problem) || !query_check_taken(query, problem))
        return false;
    return *out_with_receipt || !request->state->awaiting.is_wanted ||
           problem_set(problem, PROBLEM_PARAMETER, "Only a receipt has a head to wait for.");
}

static bool parse(struct request *request, bool *out_with_receipt, struct problem *problem)
{
    struct query query;
    bool ok = query_init(&query, request->query, problem) &&
              take(request, &query, out_with_receipt, problem);

    query_cleanup(&query);
    return ok;
}

bool statement_get(struct request *request, struct problem *problem)
{
    bool with_receipt;
    uint64_t index;

    if (!parse(request, &with_receipt, problem) || !receipts_find_entry(request, &index, problem))
        return false;
    if (with_receipt)
        awaiting_begin(request, index, send_transparent);
    else
        send_statement(request, index);
    return true;
}
