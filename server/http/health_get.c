/*
 * GET /healthz: the process runs.
 * GET /readyz: an entry would be taken now; otherwise 503 and why not.
 */
#include "server/http/endpoints.h"

#include "server/http/reply.h"
#include "server/http/writer.h"

static bool send_ok(struct request *request)
{
    struct reply reply = {.status = 200,
                          .media = MEDIA_TEXT,
                          .cache_control = CACHE_NONE,
                          .body = bytes_of_text("ok\n")};

    reply_send(request, &reply);
    return true;
}

bool health_get(struct request *request, struct problem *problem)
{
    (void)problem;
    return send_ok(request);
}

bool ready_get(struct request *request, struct problem *problem)
{
    return writer_ready(request->service->writer, problem) && send_ok(request);
}
