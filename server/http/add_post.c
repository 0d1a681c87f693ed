/* POST /add: one opaque entry; the reply is its index in decimal. */
#include "server/http/endpoints.h"

#include <inttypes.h>
#include <stdio.h>

#include "server/http/submission.h"
#include "server/transport/reply.h"

static void add_done(struct job *job)
{
    struct request *request = request_of_job(job);
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};
    char text[24];
    int len;

    if (!request_check_committed(request))
        return;
    len = snprintf(text, sizeof(text), "%" PRIu64, request->state->submission.index);
    reply.body = bytes_of(text, (size_t)len);
    reply_send(request, &reply);
}

bool add_post(struct request *request, struct problem *problem)
{
    submission_from_bytes(&request->state->submission, request->body);
    return request_submit(request, &request->state->submission, 1, request->body.len, add_done,
                          problem);
}
