#include "server/http/stream.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/diag.h"
#include "server/http/head_view.h"
#include "server/http/service.h"
#include "server/transport/connection.h"
#include "server/transport/reply.h"
#include "server/transport/transport.h"
#include "server/transport/worker.h"

struct stream {
    struct stream *next;
    struct stream **previous_next;
    struct request *request;
    struct event_position position;
    struct mention_search search;
    bool is_writing;  /* the client has not taken everything yet */
    uint64_t sent_ns; /* monotonic, when something was sent last */
};

static uint64_t published_size(struct worker *worker)
{
    return ((const struct head_view *)snapshot_view_refresh(&worker->state->heads))->head.size;
}

static bool is_filtered(const struct stream *stream)
{
    return stream->search.term_count > 0;
}

/* ---- sending ---- */

static void tell(struct stream *stream);

static void on_taken(struct evhttp_connection *evhttp, void *argument)
{
    struct stream *stream = argument;

    (void)evhttp;
    stream->is_writing = false;
    connection_set_quiet(stream->request->connection);
    tell(stream);
}

static void send_text(struct stream *stream, struct bytes text)
{
    stream->is_writing = true;
    stream->sent_ns = clock_monotonic_ns();
    reply_send_part(stream->request, text, on_taken, stream);
}

static bool same_position(const struct event_position *a, const struct event_position *b)
{
    return a->index == b->index && a->owes_checkpoint == b->owes_checkpoint;
}

/* Streams that have told everything stand at the same place: the next events are made once. */
static bool make_shared_text(struct streams *streams, struct event_position *position,
                             uint64_t size, struct err *err)
{
    if (streams->text.len == 0 || !same_position(&streams->text_begin, position)) {
        buf_clear(&streams->text);
        streams->text_begin = *position;
        streams->text_end = *position;
        if (!event_source_append(&streams->source, &streams->text, &streams->text_end, size, err))
            return false;
    }
    *position = streams->text_end;
    return true;
}

/* The index of mentions may speak of a smaller tree than the published one, or of a larger. */
static bool make_found_text(struct stream *stream, uint64_t size, struct err *err)
{
    struct streams *streams = &stream->request->worker->state->streams;
    uint64_t facts_size;

    buf_clear(&streams->text);
    if (!store_read_facts_size(stream->request->service->store, &facts_size, err))
        return false;
    if (facts_size < size)
        size = facts_size;
    return event_source_append_found(&streams->source, &streams->text, &stream->position,
                                     &stream->search, size, err);
}

static bool make_text(struct stream *stream, uint64_t size, struct err *err)
{
    struct streams *streams = &stream->request->worker->state->streams;
    bool ok = is_filtered(stream) ? make_found_text(stream, size, err)
                                  : make_shared_text(streams, &stream->position, size, err);

    if (!ok)
        buf_clear(&streams->text);
    return ok;
}

/* The client comes again and says what it saw last. */
static void give_up(struct stream *stream, const struct err *err)
{
    diag_error("stream-failed", "index=%llu error=%s", (unsigned long long)stream->position.index,
               err->text);
    connection_close(stream->request->connection);
}

/* Sends the next events; what follows them is sent when the client has taken them. */
static void tell(struct stream *stream)
{
    static const struct timeval at_once = {0};
    struct worker *worker = stream->request->worker;
    uint64_t size = published_size(worker);
    struct err err = {0};

    if (stream->is_writing || (stream->position.index >= size && !stream->position.owes_checkpoint))
        return;
    if (!make_text(stream, size, &err))
        give_up(stream, &err);
    else if (worker->state->streams.text.len > 0)
        send_text(stream, bytes_of_buf(&worker->state->streams.text));
    else if (stream->position.index < size)
        event_add(worker->state->streams.turn_event, &at_once);
}

void streams_tell(struct worker *worker)
{
    struct stream *stream = worker->state->streams.first;

    while (stream != NULL) {
        struct stream *next = stream->next;

        tell(stream);
        stream = next;
    }
}

void streams_sweep(struct worker *worker, uint64_t now_ns)
{
    uint64_t interval_ns = (uint64_t)worker->transport->service->stream_heartbeat_ms * 1000000;

    for (struct stream *stream = worker->state->streams.first; stream != NULL;
         stream = stream->next) {
        if (!stream->is_writing && now_ns - stream->sent_ns >= interval_ns)
            send_text(stream, bytes_of_text(":\n\n"));
    }
}

void streams_wake(const struct service *service)
{
    struct transport *transport = service->transport;

    for (size_t i = 0; i < transport->worker_count; i++) {
        if (atomic_load(&transport->workers[i].state->has_streams))
            outbox_wake(&transport->workers[i].outbox);
    }
}

/* ---- beginning and end ---- */

static void on_turn(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    streams_tell(argument);
}

bool streams_init(struct worker *worker)
{
    const struct service *service = worker->transport->service;
    struct streams *streams = &worker->state->streams;

    event_source_init(&streams->source, service->store, service->kind, service->origin,
                      service->checkpoint_key_id);
    streams->turn_event = event_new(worker->base, -1, 0, on_turn, worker);
    return streams->turn_event != NULL;
}

void streams_cleanup(struct worker *worker)
{
    struct streams *streams = &worker->state->streams;

    event_source_cleanup(&streams->source);
    buf_cleanup(&streams->text);
    if (streams->turn_event != NULL)
        event_free(streams->turn_event);
}

static bool take_place(struct request *request, struct problem *problem)
{
    struct service *service = request->service;

    if (request->worker->drain_deadline_ns != 0)
        return problem_set(problem, PROBLEM_BUSY, "The log is shutting down.");
    if (atomic_fetch_add(&service->stream_count, 1) < service->streams_max)
        return true;
    atomic_fetch_sub(&service->stream_count, 1);
    return problem_set(problem, PROBLEM_BUSY, "There are as many streams as may be.");
}

static void stream_free(void *argument)
{
    struct stream *stream = argument;
    struct worker *worker = stream->request->worker;

    *stream->previous_next = stream->next;
    if (stream->next != NULL)
        stream->next->previous_next = stream->previous_next;
    atomic_store(&worker->state->has_streams, worker->state->streams.first != NULL);
    atomic_fetch_sub(&worker->transport->service->stream_count, 1);
    free(stream);
}

static void stream_end(void *argument)
{
    struct stream *stream = argument;
    struct request *request = stream->request;

    request->connection->stream = NULL;
    stream_free(stream);
    reply_end_stream(request);
}

bool stream_open(struct request *request, const struct stream_start *start,
                 struct problem *problem)
{
    static const struct stream_ops ops = {.free = stream_free, .end = stream_end};
    struct streams *streams = &request->worker->state->streams;
    struct stream *stream;

    if (!take_place(request, problem))
        return false;
    stream = mem_alloc(sizeof(*stream));
    stream->request = request;
    stream->position = start->position;
    stream->search = start->search;
    stream->next = streams->first;
    stream->previous_next = &streams->first;
    if (streams->first != NULL)
        streams->first->previous_next = &stream->next;
    streams->first = stream;
    /* Before the head is looked at: whoever publishes the next one sees that it is waited for. */
    atomic_store(&request->worker->state->has_streams, true);
    reply_begin_stream(request, &ops, stream);
    send_text(stream, bytes_of_text("retry: 2000\n\n"));
    return true;
}
