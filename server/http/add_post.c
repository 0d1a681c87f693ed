/* POST /add: one opaque entry; the reply is its index in decimal. */
#include "server/http/endpoints.h"

#include <inttypes.h>
#include <stdio.h>

#include "server/http/submission.h"
#include "server/transport/reply.h"

static void send_index(struct request *request)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64, request->state->submission.index);

    reply.body = bytes_of(text, (size_t)len);
    reply_send(request, &reply);
}

static void awaited(struct request *request)
{
    if (awaiting_check(request))
        send_index(request);
}

static void add_done(struct job *job)
{
    struct request *request = request_of_job(job);

    if (request_check_committed(request))
        awaiting_begin(request, request->state->submission.index, awaited);
}

bool add_post(struct request *request, struct problem *problem)
{
    if (!awaiting_parse(request, problem))
        return false;
    submission_from_bytes(&request->state->submission, request->body);
    return request_submit(request, &request->state->submission, 1, request->body.len, add_done,
                          problem);
}
