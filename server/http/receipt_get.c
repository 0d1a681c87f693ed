/* GET /entries/{id}: the receipt of an entry at the newest published head. */
#include "server/http/endpoints.h"

#include "server/http/receipts.h"
#include "server/transport/reply.h"

bool receipt_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_RECEIPT, .cache_control = CACHE_NONE};
    struct err err = {0};
    uint64_t index;

    if (!receipts_find_entry(request, &index, problem))
        return false;
    if (!receipts_build_newest(request, index, &err)) {
        reply_send_error(request, &err);
        return true;
    }
    reply.body = bytes_of_buf(request_body_buf(request));
    reply_send(request, &reply);
    return true;
}
