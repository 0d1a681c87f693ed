/*
 * GET /v1/stream: entries and checkpoints as server-sent events, from the one after Last-Event-ID,
 * from an index, or from now on. docs/PROTOCOL.md lists the events.
 */
#include "server/http/endpoints.h"

#include <inttypes.h>

#include "server/http/head_view.h"
#include "server/evidence/mention_filter.h"
#include "server/http/stream.h"
#include "server/transport/reply.h"

/* What a client saw last counts more than where it once began. */
static bool take_position(struct request *request, struct query *query,
                          struct event_position *out, struct problem *problem)
{
    uint64_t size = request_head(request)->head.size;
    const char *last = request->headers.last_event_id;

    *out = (struct event_position){.index = UINT64_MAX};
    if (!query_take_uint(query, "begin", &out->index, 0, TREE_SIZE_MAX, problem))
        return false;
    if (last != NULL && !event_position_after(out, bytes_of_text(last))) {
        problem_set(problem, PROBLEM_PARAMETER, "No event has this Last-Event-ID.");
        return problem_add(problem, NULL, last, "an index, or checkpoint- and a size");
    }
    if (out->index == UINT64_MAX)
        *out = (struct event_position){.index = size, .owes_checkpoint = true};
    return out->index <= size ||
           problem_set(problem, PROBLEM_NOT_FOUND, "The tree has %" PRIu64 " entries.", size);
}

static bool take_start(struct request *request, struct stream_start *out, struct problem *problem)
{
    struct query query;
    bool ok = query_init(&query, request->query, problem) &&
              take_position(request, &query, &out->position, problem) &&
              (request->service->kind == LOG_OPAQUE ||
               mention_filter_take(&out->search, &query, problem)) &&
              query_check_taken(&query, problem);

    query_cleanup(&query);
    return ok;
}

bool stream_get(struct request *request, struct problem *problem)
{
    struct stream_start start = {0};
    struct reply reply = {
        .status = 200, .media = MEDIA_EVENT_STREAM, .cache_control = CACHE_NONE};

    if (!take_start(request, &start, problem))
        return false;
    if (request->method != METHOD_HEAD)
        return stream_open(request, &start, problem);
    reply_send(request, &reply);
    return true;
}
