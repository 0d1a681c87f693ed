/*
 * POST /add-entries: uploads entries up to a pending checkpoint (C2SP tlog-mirror). The filer
 * verifies and keeps them, and says how the request is answered.
 */
#include <stddef.h>

#include "server/role/mirror/service.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

static bool read_head(struct request *request, struct add_entries_head *out, struct bytes *out_rest,
                      struct problem *problem)
{
    enum add_entries_taken taken;
    struct err err = {0};

    if (!media_is(request->headers.content_type, MEDIA_OCTETS)) {
        problem_set(problem, PROBLEM_MEDIA_TYPE, "Entries come as a type of their own.");
        return problem_add(problem, NULL, NULL, media_name(MEDIA_OCTETS));
    }
    *out_rest = request->body;
    taken = add_entries_take_head(out, out_rest, &err);
    if (taken == ADD_ENTRIES_TAKEN)
        return true;
    return problem_set(problem, PROBLEM_PARAMETER, "This does not begin as add-entries does: %s.",
                       taken == ADD_ENTRIES_CUT ? "it is too short" : err.text);
}

static void send_answer(struct request *request, const struct upload_answer *answer)
{
    struct reply reply = {.status = answer->status,
                          .media = answer->status == 200 ? MEDIA_TEXT : MEDIA_TLOG_MIRROR_INFO,
                          .cache_control = CACHE_NONE,
                          .body = bytes_of_buf(&answer->body)};

    reply_send(request, &reply);
}

static void on_filed(struct errand *errand)
{
    struct filing *filing = (struct filing *)errand;
    struct service_request *state =
        (struct service_request *)((char *)filing - offsetof(struct service_request, filing));
    const struct upload_answer *answer = &filing->upload.answer;

    if (answer->status == 0)
        reply_send_problem(state->request, &answer->problem);
    else
        send_answer(state->request, answer);
}

bool mirror_add_entries_post(struct request *request, struct problem *problem)
{
    struct service_request *state = request->state;
    struct filing *filing = &state->filing;
    struct followed_log *log;

    if (!read_head(request, &filing->head, &filing->rest, problem))
        return false;
    log = log_set_find_origin(service_logs(request), filing->head.origin);
    if (log == NULL)
        return problem_set(problem, PROBLEM_NOT_FOUND, "No log of this origin is mirrored here.");
    state->request = request;
    state->log = followed_log_hold(log);
    filing->log = log;
    filing->errand = (struct errand){.outbox = &request->worker->outbox, .done = on_filed};
    filer_submit(request->service->filer, filing);
    return true;
}
