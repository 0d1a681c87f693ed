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

static bool build_body(struct request *request, uint64_t index, bool with_receipt, struct err *err)
{
    struct buf statement = {0};
    bool ok;

    if (!with_receipt)
        return tlog_read_entry(request->service->store, request_body_buf(request), NULL, index,
                               err);
    ok = tlog_read_entry(request->service->store, &statement, NULL, index, err) &&
         embed_receipt(request, &statement, index, err);
    buf_cleanup(&statement);
    return ok;
}

bool statement_get(struct request *request, struct problem *problem)
{
    bool with_receipt = bytes_equal_text(request->query, "receipt");
    struct reply reply = {.status = 200,
                          .media = MEDIA_STATEMENT,
                          .cache_control = with_receipt ? CACHE_NONE : CACHE_IMMUTABLE};
    struct err err = {0};
    uint64_t index;

    if (!receipts_find_entry(request, &index, problem))
        return false;
    if (!build_body(request, index, with_receipt, &err)) {
        reply_send_error(request, &err);
        return true;
    }
    reply.body = bytes_of_buf(request_body_buf(request));
    reply_send(request, &reply);
    return true;
}
