/* GET /entries/{id}: the receipt of an entry at the newest published head, or witnessed one. */
#include "server/http/endpoints.h"

#include "server/http/receipts.h"
#include "server/transport/reply.h"

static void send_receipt(struct request *request, uint64_t index)
{
    struct reply reply = {.status = 200, .media = MEDIA_RECEIPT, .cache_control = CACHE_NONE};
    struct err err = {0};

    if (!receipts_build_newest(request, index, &err)) {
        reply_send_error(request, &err);
        return;
    }
    reply.body = bytes_of_buf(request_body_buf(request));
    reply_send(request, &reply);
}

static void awaited(struct request *request)
{
    if (awaiting_check(request))
        send_receipt(request, request->state->awaiting.index);
}

bool receipt_get(struct request *request, struct problem *problem)
{
    uint64_t index;

    if (!awaiting_parse(request, problem) || !receipts_find_entry(request, &index, problem))
        return false;
    awaiting_begin(request, index, awaited);
    return true;
}
