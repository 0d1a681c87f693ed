/*
 * POST /add-entries: uploads entries up to a pending checkpoint (C2SP tlog-mirror). The filer
 * verifies and keeps them, and says how the request is answered.
 */
#include <stddef.h>
#include <strings.h>

#include "server/role/mirror/service.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

static bool check_type(const struct request *request, struct problem *problem)
{
    if (media_is(request->headers.content_type, MEDIA_OCTETS))
        return true;
    problem_set(problem, PROBLEM_MEDIA_TYPE, "Entries come as a type of their own.");
    return problem_add(problem, NULL, NULL, media_name(MEDIA_OCTETS));
}

static bool check_encoding(const struct request *request, bool *out_is_gzip,
                           struct problem *problem)
{
    const char *encoding = request->headers.content_encoding;

    *out_is_gzip = encoding != NULL && strcasecmp(encoding, "gzip") == 0;
    if (encoding == NULL || *out_is_gzip || strcasecmp(encoding, "identity") == 0)
        return true;
    problem_set(problem, PROBLEM_MEDIA_TYPE, "This content encoding is not known here.");
    return problem_add(problem, NULL, NULL, "gzip, or none");
}

static void send_answer(struct request *request, const struct upload_answer *answer)
{
    struct reply reply = {.status = answer->status,
                          .media = answer->status == 200 ? MEDIA_TEXT : MEDIA_TLOG_MIRROR_INFO,
                          .cache_control = CACHE_NONE,
                          .body = bytes_of_buf(&answer->body)};

    reply_add_header(&reply, "Accept-Encoding", "gzip");
    reply_send(request, &reply);
}

static void on_filed(struct errand *errand)
{
    struct filing *filing = (struct filing *)errand;
    struct service_request *state =
        (struct service_request *)((char *)filing - offsetof(struct service_request, filing));

    if (filing->answer.status == 0)
        reply_send_problem(state->request, &filing->answer.problem);
    else
        send_answer(state->request, &filing->answer);
}

bool mirror_add_entries_post(struct request *request, struct problem *problem)
{
    struct service_request *state = request->state;
    struct filing *filing = &state->filing;

    if (!check_type(request, problem) || !check_encoding(request, &filing->is_gzip, problem))
        return false;
    state->request = request;
    filing->body = request->body;
    filing->errand = (struct errand){.outbox = &request->worker->outbox, .done = on_filed};
    filer_submit(request->service->filer, filing);
    return true;
}
