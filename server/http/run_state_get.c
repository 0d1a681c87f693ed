/*
 * GET /v1/runs/{run}: the state of a run, derived from the log when it is asked for.
 * docs/PROTOCOL.md lists the members.
 */
#include "server/http/endpoints.h"

#include "base/clock.h"
#include "schemas/rules/mentions.h"
#include "server/evidence/run_view.h"
#include "server/transport/query.h"
#include "server/transport/reply.h"

enum { ATTEMPTS_MAX = 4 };

/* Reads the state while the writer goes on: facts of two trees must not be mixed. */
static bool read_state(struct request *request, struct run_question *question, bool *out_is_good,
                       struct err *err)
{
    struct buf *body = request_body_buf(request);
    uint64_t size_after;

    for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
        buf_clear(body);
        if (!store_read_facts_size(question->store, &question->size, err) ||
            !run_view_append(body, question, err) ||
            !store_read_facts_size(question->store, &size_after, err))
            return false;
        *out_is_good = size_after == question->size;
        if (*out_is_good)
            return true;
    }
    return true;
}

static bool send_state(struct request *request, struct run_question *question,
                       struct problem *problem)
{
    struct err err = {0};
    bool is_good = false;

    if (!read_state(request, question, &is_good, &err)) {
        reply_send_error(request, &err);
        return true;
    }
    if (!is_good)
        return problem_set(problem, PROBLEM_BUSY, "The log grew faster than the run was read.");
    reply_send_item(request, bytes_of_buf(request_body_buf(request)), CACHE_NONE);
    return true;
}

static bool take_question(const struct request *request, struct run_question *out,
                          struct buf *run_id, struct query *query, struct problem *problem)
{
    if (!mention_value_parse(run_id, MENTION_RUN, request->parameters[0])) {
        problem_set(problem, PROBLEM_PARAMETER, "This can be no run.");
        return problem_add(problem, NULL, NULL, "a UUID with hyphens, in lower case");
    }
    if (!query_init(query, request->query, problem))
        return false;
    query_take(query, "tenant", &out->tenant);
    out->run_id = bytes_of_buf(run_id);
    return query_check_taken(query, problem);
}

bool run_state_get(struct request *request, struct problem *problem)
{
    struct run_question question = {.store = request->service->store,
                                    .at_ms = clock_unix_ms(clock_system())};
    struct query query = {0};
    struct buf run_id = {0};
    bool ok = take_question(request, &question, &run_id, &query, problem) &&
              send_state(request, &question, problem);

    query_cleanup(&query);
    buf_cleanup(&run_id);
    return ok;
}
