#include "server/transport/health.h"

#include "server/transport/reply.h"

void health_send_ok(struct request *request)
{
    struct reply reply = {.status = 200,
                          .media = MEDIA_TEXT,
                          .cache_control = CACHE_NONE,
                          .body = bytes_of_text("ok\n")};

    reply_send(request, &reply);
}

bool health_get(struct request *request, struct problem *problem)
{
    (void)problem;
    health_send_ok(request);
    return true;
}
