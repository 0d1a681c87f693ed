/* GET /{origin}/checkpoint: the newest checkpoint cosigned for a log, named by SHA-256 in hex. */
#include "server/role/witness/endpoints.h"

#include "base/text.h"
#include "server/transport/reply.h"

bool cosigned_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};
    struct buf *body = request_body_buf(request);
    struct hash log_id;
    struct err err = {0};
    bool found;

    if (!text_parse_hex(log_id.bytes, HASH_LEN, request->parameters[0]))
        return problem_set(problem, PROBLEM_NOT_FOUND,
                           "A log is named by the SHA-256 of its origin, in lower-case hex.");
    if (!ledger_read_note(request->service->ledger, &log_id, body, &found, &err)) {
        reply_send_error(request, &err);
        return true;
    }
    if (!found)
        return problem_set(problem, PROBLEM_NOT_FOUND, "No checkpoint of this log was cosigned.");
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
