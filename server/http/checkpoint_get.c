/*
 * GET /checkpoint: the newest head that meets the witness quorum, with its cosignatures; without a
 * quorum, the newest.
 * GET /v1/checkpoint/latest: the newest signed head, as a note or as a map.
 */
#include "server/http/endpoints.h"

#include "server/evidence/head_item.h"
#include "server/http/head_view.h"
#include "server/transport/reply.h"
#include "server/witnessing/witnessed.h"

static void send_note(struct request *request, struct bytes note)
{
    struct reply reply = {.status = 200,
                          .media = MEDIA_TEXT,
                          .cache_control = CACHE_NONE,
                          .body = note};

    reply_send(request, &reply);
}

bool checkpoint_get(struct request *request, struct problem *problem)
{
    const struct head_view *newest = request_head(request);
    const struct witnessed_view *witnessed = request_witnessed(request);

    if (witnessed->needs_quorum && !witnessed->exists)
        return problem_set(problem, PROBLEM_NOT_WITNESSED,
                           "No head of this log has met its witness quorum yet; the newest signed "
                           "one is at /v1/checkpoint/latest.");
    if (witnessed->exists &&
        (witnessed->needs_quorum || witnessed->head.size == newest->head.size))
        send_note(request, bytes_of_buf(&witnessed->checkpoint));
    else
        send_note(request, bytes_of_buf(&newest->checkpoint));
    return true;
}

bool checkpoint_latest_get(struct request *request, struct problem *problem)
{
    static const enum media offered[] = {MEDIA_TEXT, MEDIA_CBOR, MEDIA_JSON};
    const struct head_view *view = request_head(request);
    struct buf *body = request_body_buf(request);

    (void)problem;
    if (request_media(request, offered, 3) == MEDIA_TEXT) {
        send_note(request, bytes_of_buf(&view->checkpoint));
        return true;
    }
    head_item_append(body, request->service->origin, &view->head,
                     bytes_of_buf(&view->checkpoint));
    reply_send_item(request, bytes_of_buf(body), CACHE_NONE);
    return true;
}
