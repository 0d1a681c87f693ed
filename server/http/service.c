#include "server/http/service.h"

#include "server/http/head_view.h"
#include "server/http/issuers.h"
#include "server/http/writer.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"
#include "server/witnessing/witnessed.h"

enum { RETRY_NOT_NOW_S = 5 };

struct request *request_of_job(struct job *job)
{
    char *state = (char *)job - offsetof(struct service_request, job);

    return ((struct service_request *)(void *)state)->request;
}

const struct head_view *request_head(struct request *request)
{
    return (const struct head_view *)snapshot_view_refresh(&request->worker->state->heads);
}

const struct witnessed_view *request_witnessed(struct request *request)
{
    return (const struct witnessed_view *)snapshot_view_refresh(
        &request->worker->state->witnessed);
}

const struct issuers *request_issuers(struct request *request)
{
    return (const struct issuers *)snapshot_view_refresh(&request->worker->state->issuers);
}

static void job_done(struct errand *errand)
{
    struct job *job = (struct job *)errand;

    job->done(job);
}

bool request_submit(struct request *request, struct tlog_submission *submissions, size_t count,
                    size_t bytes, void (*done)(struct job *job), struct problem *problem)
{
    request->state->request = request;
    request->state->job = (struct job){
        .errand = {.outbox = &request->worker->outbox, .done = job_done},
        .done = done,
        .submissions = submissions,
        .count = count,
        .bytes = bytes,
        .received_ns = request->received_ns,
        .wait = request->state->wait,
    };
    return writer_submit(request->service->writer, &request->state->job, problem);
}

bool request_check_committed(struct request *request)
{
    struct problem problem = {0};

    if (request->state->job.outcome == JOB_COMMITTED)
        return true;
    if (request->state->job.outcome == JOB_NOT_NOW) {
        problem_set(&problem, PROBLEM_BUSY, "The log could not sign and took nothing.");
        problem.retry_after_s = RETRY_NOT_NOW_S;
    } else {
        problem_set(&problem, PROBLEM_READ_ONLY, "The log is read-only and took nothing.");
    }
    reply_send_problem(request, &problem);
    return false;
}
