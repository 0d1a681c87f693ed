#include "server/transport/connection.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "server/transport/reply.h"
#include "server/transport/transport.h"
#include "server/transport/worker.h"

enum {
    IDLE_WHEN_FULL_MS = 1000,    /* idle deadline while new connections have to wait */
    WRITE_BYTES_PER_MS_MIN = 64, /* slower clients are cut */
    LAST_READ_LEN = 65536,
};

static const struct transport_options *options_of(const struct connection *connection)
{
    return &connection->worker->transport->options;
}

static uint64_t deadline_after(uint64_t ms)
{
    return clock_monotonic_ns() + ms * 1000000;
}

static void start_reading(struct connection *connection)
{
    connection->state = CONNECTION_READING;
    connection->deadline_ns = deadline_after(options_of(connection)->request_timeout_ms);
}

static size_t request_bytes_share(const struct transport *transport)
{
    return transport->options.request_bytes_max / transport->worker_count;
}

/*
 * libevent stops reading for every request and starts again after its reply, which would be two
 * epoll_ctl calls each. A second event on the descriptor makes both a matter of counting. When the
 * client sends more meanwhile, or goes away, the descriptor stays readable: seen a second time
 * (the first may be the request itself), the guard is taken off until the reply is sent.
 */
static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    struct connection *connection = argument;

    (void)fd;
    (void)what;
    if (connection->state != CONNECTION_PENDING && connection->state != CONNECTION_WRITING &&
        connection->state != CONNECTION_STREAMING)
        return;
    if (++connection->guard_strikes > 1)
        event_del(connection->guard);
}

bool connection_has_left(const struct connection *connection)
{
    uint8_t byte;
    ssize_t len;

    if (connection->guard_strikes < 2)
        return false;
    len = recv(connection->fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);
    return len == 0 || (len < 0 && errno == ECONNRESET);
}

static void set_guard(struct connection *connection)
{
    if (connection->guard_strikes > 1)
        event_add(connection->guard, NULL);
    connection->guard_strikes = 0;
}

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *argument)
{
    struct connection *connection = argument;
    struct worker *worker = connection->worker;

    (void)buffer;
    if (info->n_added == 0)
        return;
    if (connection->state == CONNECTION_IDLE)
        start_reading(connection);
    if (connection->state != CONNECTION_READING)
        return;
    connection->request_bytes += info->n_added;
    worker->connections.request_bytes += info->n_added;
    if (worker->connections.request_bytes > request_bytes_share(worker->transport))
        event_active(worker->sweep_event, EV_TIMEOUT, 0);
}

static void on_output(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *argument)
{
    struct connection *connection = argument;

    (void)buffer;
    if (info->n_added == 0 || connection->is_writing_reply)
        return;
    connection->has_foreign_output = true;
    event_active(connection->worker->foreign_event, EV_TIMEOUT, 0);
}

static void forget_request_bytes(struct connection *connection)
{
    connection->worker->connections.request_bytes -= connection->request_bytes;
    connection->request_bytes = 0;
}

/* The request has its reply, or lost its client. */
static void leave_pending(struct connection *connection)
{
    struct counter *in_flight = &connection->worker->metrics.in_flight;

    if (connection->state == CONNECTION_PENDING)
        counter_set(in_flight, counter_value(in_flight) - 1);
}

static void unlink_connection(struct connection *connection)
{
    *connection->previous_next = connection->next;
    if (connection->next != NULL)
        connection->next->previous_next = connection->previous_next;
}

/* libevent forgets the request of a connection that ended before the reply did. */
static void free_stream(struct connection *connection)
{
    struct evhttp_request *evhttp = connection->request.evhttp;

    if (connection->stream == NULL)
        return;
    connection->stream_ops->free(connection->stream);
    if (evhttp_request_get_connection(evhttp) == NULL)
        evhttp_request_free(evhttp);
}

static void request_cleanup(struct connection *connection)
{
    const struct role *role = connection->worker->transport->role;

    if (role->request_cleanup != NULL && connection->request.state != NULL)
        role->request_cleanup(connection->request.state);
}

static void connection_free(struct connection *connection)
{
    struct worker *worker = connection->worker;

    leave_pending(connection);
    free_stream(connection);
    forget_request_bytes(connection);
    unlink_connection(connection);
    if (connection->fd >= 0)
        worker->connections.by_fd[connection->fd] = NULL;
    worker->connections.count--;
    atomic_store(&worker->connection_count, worker->connections.count);
    request_cleanup(connection);
    if (connection->guard != NULL)
        event_free(connection->guard);
    evbuffer_remove_cb(bufferevent_get_input(connection->bufferevent), on_input, connection);
    evbuffer_remove_cb(bufferevent_get_output(connection->bufferevent), on_output, connection);
    bufferevent_decref(connection->bufferevent);
    free(connection);
    worker_balance(worker);
}

/* libevent calls this for every way a connection can end, before it frees anything. */
static void on_close(struct evhttp_connection *evhttp, void *argument)
{
    (void)evhttp;
    connection_free(argument);
}

struct bufferevent *connection_new(struct worker *worker)
{
    struct connections *connections = &worker->connections;
    struct connection *connection =
        mem_alloc(sizeof(*connection) + worker->transport->role->request_len);
    struct bufferevent *bufferevent =
        bufferevent_socket_new(worker->base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (bufferevent == NULL)
        abort(); /* out of memory, as in base/bytes.c */
    bufferevent_incref(bufferevent);
    connection->worker = worker;
    connection->bufferevent = bufferevent;
    connection->fd = -1;
    connection->next = connections->first;
    connection->previous_next = &connections->first;
    if (connections->first != NULL)
        connections->first->previous_next = &connection->next;
    connections->first = connection;
    connections->count++;
    atomic_store(&worker->connection_count, connections->count);
    counter_add(&worker->metrics.connections_accepted, 1);
    event_active(worker->adopt_event, EV_TIMEOUT, 0);
    return bufferevent;
}

static void register_fd(struct connections *connections, struct connection *connection)
{
    size_t fd = (size_t)connection->fd;

    if (fd >= connections->by_fd_count) {
        size_t count = fd * 2 + 64;

        connections->by_fd =
            mem_realloc_array(connections->by_fd, count, sizeof(*connections->by_fd));
        memset(connections->by_fd + connections->by_fd_count, 0,
               (count - connections->by_fd_count) * sizeof(*connections->by_fd));
        connections->by_fd_count = count;
    }
    connections->by_fd[fd] = connection;
}

/*
 * When libevent asks for a bufferevent, its connection does not exist yet. A moment later it does
 * and is the argument of the bufferevent's callbacks, unless libevent could not set it up and has
 * given the bufferevent back.
 */
static void adopt(struct connection *connection)
{
    void *evhttp = NULL;

    bufferevent_getcb(connection->bufferevent, NULL, NULL, NULL, &evhttp);
    if (evhttp == NULL) {
        connection_free(connection);
        return;
    }
    connection->evhttp = evhttp;
    connection->fd = bufferevent_getfd(connection->bufferevent);
    connection->state = CONNECTION_IDLE;
    connection->deadline_ns = deadline_after(options_of(connection)->idle_timeout_ms);
    register_fd(&connection->worker->connections, connection);
    connection->guard = event_new(connection->worker->base, connection->fd, EV_READ | EV_PERSIST,
                                  on_readable, connection);
    if (connection->guard == NULL)
        abort(); /* out of memory, as in base/bytes.c */
    event_add(connection->guard, NULL);
    evhttp_connection_set_closecb(connection->evhttp, on_close, connection);
    evbuffer_add_cb(bufferevent_get_input(connection->bufferevent), on_input, connection);
    evbuffer_add_cb(bufferevent_get_output(connection->bufferevent), on_output, connection);
}

void connections_adopt(struct worker *worker)
{
    struct connection *connection = worker->connections.first;

    /* New ones are at the front. */
    while (connection != NULL && connection->state == CONNECTION_NEW) {
        struct connection *next = connection->next;

        adopt(connection);
        connection = next;
    }
}

struct connection *connection_of(struct worker *worker, struct evhttp_connection *evhttp)
{
    int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(evhttp));

    CHECK(fd >= 0 && (size_t)fd < worker->connections.by_fd_count);
    CHECK(worker->connections.by_fd[fd] != NULL);
    return worker->connections.by_fd[fd];
}

void connection_set_pending(struct connection *connection)
{
    connection->state = CONNECTION_PENDING;
    counter_add(&connection->worker->metrics.in_flight, 1);
    forget_request_bytes(connection);
}

static uint64_t writing_deadline(const struct connection *connection, uint64_t len)
{
    return deadline_after(options_of(connection)->request_timeout_ms +
                          len / WRITE_BYTES_PER_MS_MIN);
}

void connection_set_writing(struct connection *connection, uint64_t len)
{
    leave_pending(connection);
    connection->state = CONNECTION_WRITING;
    connection->deadline_ns = writing_deadline(connection, len);
}

void connection_set_streaming(struct connection *connection, uint64_t len)
{
    leave_pending(connection);
    connection->state = CONNECTION_STREAMING;
    connection->deadline_ns = writing_deadline(connection, len);
}

void connection_set_quiet(struct connection *connection)
{
    CHECK(connection->state == CONNECTION_STREAMING);
    connection->deadline_ns = UINT64_MAX;
}

void connection_set_idle(struct connection *connection)
{
    leave_pending(connection);
    set_guard(connection);
    request_cleanup(connection);
    connection->state = CONNECTION_IDLE;
    connection->deadline_ns = deadline_after(options_of(connection)->idle_timeout_ms);
    /* Pipelined: the next request, or a part of it, is here already. */
    if (evbuffer_get_length(bufferevent_get_input(connection->bufferevent)) > 0)
        start_reading(connection);
}

void connection_close(struct connection *connection)
{
    evhttp_connection_free(connection->evhttp);
}

/*
 * Says why, if the socket takes it at once, and closes. What has arrived is read first: closing
 * with unread input makes the kernel send a reset that can overtake the reply.
 */
static void cut(struct connection *connection, enum problem_kind kind, const char *detail)
{
    struct worker *worker = connection->worker;

    counter_add(&worker->metrics.connections_cut, 1);
    if (connection->state == CONNECTION_READING) {
        struct problem problem = {0};
        static const size_t last_read_len = LAST_READ_LEN;

        problem_set(&problem, kind, "%s", detail);
        buf_clear(&worker->body);
        reply_append_closing(&worker->body, &problem);
        send(connection->fd, worker->body.data, worker->body.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        shutdown(connection->fd, SHUT_WR);
        buf_reserve(&worker->body, last_read_len);
        recv(connection->fd, worker->body.data, last_read_len, MSG_DONTWAIT);
    }
    connection_close(connection);
}

static struct connection *largest_reader(struct worker *worker)
{
    struct connection *largest = NULL;

    for (struct connection *connection = worker->connections.first; connection != NULL;
         connection = connection->next) {
        if (connection->state == CONNECTION_READING &&
            (largest == NULL || connection->request_bytes > largest->request_bytes))
            largest = connection;
    }
    return largest;
}

static void cut_largest_readers(struct worker *worker)
{
    while (worker->connections.request_bytes > request_bytes_share(worker->transport)) {
        struct connection *largest = largest_reader(worker);

        if (largest == NULL)
            return;
        cut(largest, PROBLEM_BUSY, "Too many large requests are being read at once.");
    }
}

static bool is_overdue(const struct connection *connection, uint64_t now_ns)
{
    uint32_t idle_ms = options_of(connection)->idle_timeout_ms;
    uint64_t early_ns = 0;

    if (connection->state == CONNECTION_NEW || connection->state == CONNECTION_PENDING)
        return false;
    if (connection->worker->connections.is_full && connection->state == CONNECTION_IDLE &&
        idle_ms > IDLE_WHEN_FULL_MS)
        early_ns = (idle_ms - IDLE_WHEN_FULL_MS) * (uint64_t)1000000;
    return now_ns + early_ns >= connection->deadline_ns;
}

void connections_sweep(struct worker *worker, uint64_t now_ns)
{
    struct connection *connection = worker->connections.first;

    while (connection != NULL) {
        struct connection *next = connection->next;

        if (is_overdue(connection, now_ns))
            cut(connection, PROBLEM_TIMEOUT, "The request took too long to arrive.");
        connection = next;
    }
    cut_largest_readers(worker);
}

static bool has_output(const struct connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->bufferevent)) > 0;
}

void connections_drain(struct worker *worker, uint64_t now_ns, uint64_t grace_ns)
{
    struct connection *connection;

    connections_adopt(worker);
    connection = worker->connections.first;
    while (connection != NULL) {
        struct connection *next = connection->next;

        if (connection->state == CONNECTION_STREAMING && has_output(connection)) {
            connection_close(connection); /* it comes again and says what it saw last */
        } else if (connection->state == CONNECTION_STREAMING) {
            connection->stream_ops->end(connection->stream);
        } else if (connection->state == CONNECTION_WRITING) {
            if (connection->deadline_ns > now_ns + grace_ns)
                connection->deadline_ns = now_ns + grace_ns;
        } else if (connection->state != CONNECTION_PENDING) {
            connection_close(connection);
        }
        connection = next;
    }
}

/* What libevent says in HTML when it cannot make sense of a message, said our way. */
static void replace_page(struct connection *connection)
{
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);
    struct problem problem = {0};
    char start[13] = ""; /* "HTTP/1.1 400" */
    struct buf page = {0};

    evbuffer_copyout(output, start, sizeof(start) - 1);
    if (strncmp(start + 9, "100", 3) == 0)
        return; /* "100 Continue" is no reply */
    if (strncmp(start + 9, "413", 3) == 0)
        problem_set(&problem, PROBLEM_TOO_LARGE, "The message is larger than any route takes.");
    else
        problem_set(&problem, PROBLEM_PARAMETER, "This is not a well-formed HTTP request.");
    reply_append_closing(&page, &problem);
    connection->is_writing_reply = true;
    evbuffer_unfreeze(output, 1);
    evbuffer_drain(output, evbuffer_get_length(output));
    evbuffer_freeze(output, 1);
    evbuffer_add(output, page.data, page.len);
    connection->is_writing_reply = false;
    forget_request_bytes(connection);
    connection_set_writing(connection, page.len);
    buf_cleanup(&page);
}

void connections_replace_foreign_output(struct worker *worker)
{
    for (struct connection *connection = worker->connections.first; connection != NULL;
         connection = connection->next) {
        if (connection->has_foreign_output) {
            connection->has_foreign_output = false;
            replace_page(connection);
        }
    }
}
