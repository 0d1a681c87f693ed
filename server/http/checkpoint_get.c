/*
 * GET /checkpoint: the newest head that meets the witness quorum; without a quorum, the newest.
 * GET /v1/checkpoint/latest: the newest signed head, as a note or as a map.
 */
#include "server/http/endpoints.h"

#include "schemas/dcbor.h"
#include "server/http/head_view.h"
#include "server/http/reply.h"

static void send_note(struct request *request, const struct head_view *view)
{
    struct reply reply = {.status = 200,
                          .media = MEDIA_TEXT,
                          .cache_control = CACHE_NONE,
                          .body = bytes_of_buf(&view->checkpoint)};

    reply_send(request, &reply);
}

bool checkpoint_get(struct request *request, struct problem *problem)
{
    (void)problem;
    send_note(request, request_head(request));
    return true;
}

static void append_head(struct buf *out, const struct service *service,
                        const struct head_view *view)
{
    dcbor_put_map(out, 5);
    dcbor_put_literal(out, "root");
    dcbor_put_bytes(out, hash_bytes(&view->head.root));
    dcbor_put_literal(out, "size");
    dcbor_put_uint(out, view->head.size);
    dcbor_put_literal(out, "origin");
    dcbor_put_literal(out, service->origin);
    dcbor_put_literal(out, "checkpoint");
    dcbor_put_text(out, bytes_of_buf(&view->checkpoint));
    dcbor_put_literal(out, "received_at_ms");
    dcbor_put_uint(out, view->head.received_at_ms);
}

bool checkpoint_latest_get(struct request *request, struct problem *problem)
{
    static const enum media offered[] = {MEDIA_TEXT, MEDIA_CBOR, MEDIA_JSON};
    const struct head_view *view = request_head(request);
    struct buf *body = request_body_buf(request);

    (void)problem;
    if (request_media(request, offered, 3) == MEDIA_TEXT) {
        send_note(request, view);
        return true;
    }
    append_head(body, request->service, view);
    reply_send_item(request, bytes_of_buf(body), CACHE_NONE);
    return true;
}
