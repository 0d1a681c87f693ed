#include "server/http/awaiting.h"

#include <inttypes.h>

#include "base/clock.h"
#include "server/http/service.h"
#include "server/transport/connection.h"
#include "server/transport/reply.h"
#include "server/transport/transport.h"
#include "server/transport/worker.h"
#include "server/witnessing/witnessed.h"

bool awaiting_take(struct request *request, struct query *query, struct problem *problem)
{
    struct awaiting *awaiting = &request->state->awaiting;
    struct bytes value;
    uint64_t wait_s = AWAITING_DEFAULT_S;

    if (!query_take_uint(query, "wait_s", &wait_s, 1, AWAITING_MAX_S, problem))
        return false;
    if (!query_take(query, "wait", &value))
        return true;
    if (!bytes_equal_text(value, "witnessed")) {
        problem_set(problem, PROBLEM_PARAMETER, "There is nothing else to wait for.");
        return problem_add(problem, NULL, NULL, "wait=witnessed");
    }
    if (!request_witnessed(request)->needs_quorum)
        return problem_set(problem, PROBLEM_PARAMETER,
                           "This log has no witness quorum to wait for.");
    awaiting->is_wanted = true;
    awaiting->wait_s = wait_s;
    return true;
}

bool awaiting_parse(struct request *request, struct problem *problem)
{
    struct query query;
    bool ok;

    if (request->query.len == 0)
        return true;
    ok = query_init(&query, request->query, problem) &&
         awaiting_take(request, &query, problem) && query_check_taken(&query, problem);
    query_cleanup(&query);
    return ok;
}

/* What witnesses have signed, where that covers the entry. */
static const struct witnessed_view *find_witnessed(const struct awaiting *awaiting)
{
    const struct witnessed_view *view;

    if (!awaiting->is_wanted)
        return NULL;
    view = request_witnessed(awaiting->request);
    return view->needs_quorum && view->exists && view->head.size > awaiting->index ? view : NULL;
}

/* Looks once: another look may find another head, and lets go of this one. */
static bool is_over(struct awaiting *awaiting, uint64_t now_ns)
{
    awaiting->witnessed = find_witnessed(awaiting);
    return awaiting_is_met(awaiting->request) || now_ns >= awaiting->deadline_ns ||
           awaiting->request->worker->drain_deadline_ns != 0 ||
           connection_has_left(awaiting->request->connection);
}

void awaiting_begin(struct request *request, uint64_t index, void (*done)(struct request *request))
{
    struct awaiting *awaiting = &request->state->awaiting;
    struct service_thread *thread = request->worker->state;

    awaiting->request = request;
    awaiting->index = index;
    awaiting->done = done;
    awaiting->deadline_ns = clock_monotonic_ns() + awaiting->wait_s * 1000000000;
    /* Before the head is looked at: whoever publishes the next one sees that it is waited for. */
    atomic_store(&thread->has_awaiting, true);
    if (is_over(awaiting, clock_monotonic_ns()) ||
        awaiting->kept_len > AWAITING_LEN_MAX - thread->awaiting_len) {
        atomic_store(&thread->has_awaiting, thread->awaiting != NULL);
        done(request);
        return;
    }
    request_drop_body(request);
    buf_cleanup(&request->state->entry);
    thread->awaiting_len += awaiting->kept_len;
    awaiting->next = thread->awaiting;
    thread->awaiting = awaiting;
}

bool awaiting_is_met(struct request *request)
{
    const struct awaiting *awaiting = &request->state->awaiting;

    return !awaiting->is_wanted || awaiting->witnessed != NULL;
}

bool awaiting_check(struct request *request)
{
    const struct awaiting *awaiting = &request->state->awaiting;
    struct problem problem = {0};

    if (awaiting_is_met(request))
        return true;
    problem_set(&problem, PROBLEM_NOT_WITNESSED,
                "What the answer is about is in the log, the last of it at index %" PRIu64
                ". No head that covers it has met the witness quorum yet (wanted within %" PRIu64
                " s).",
                awaiting->index, awaiting->wait_s);
    reply_send_problem(request, &problem);
    return false;
}

void awaiting_tell(struct worker *worker, uint64_t now_ns)
{
    struct awaiting **place = &worker->state->awaiting;

    while (*place != NULL) {
        struct awaiting *awaiting = *place;

        if (!is_over(awaiting, now_ns)) {
            place = &awaiting->next;
            continue;
        }
        *place = awaiting->next;
        worker->state->awaiting_len -= awaiting->kept_len;
        buf_clear(&worker->body);
        awaiting->done(awaiting->request); /* the request, and awaiting with it, is gone then */
    }
    atomic_store(&worker->state->has_awaiting, worker->state->awaiting != NULL);
}

void awaiting_wake(const struct service *service)
{
    const struct transport *transport = service->transport;

    for (size_t i = 0; i < transport->worker_count; i++) {
        if (atomic_load(&transport->workers[i].state->has_awaiting))
            outbox_wake(&transport->workers[i].outbox);
    }
}
