#include "tools/load/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum { HEAD_LEN_MAX = 16384, RECEIVE_LEN = 262144, HEAD_RECEIVE_LEN = 2048, EVENTS_MAX = 256 };

struct connection {
    int fd;
    struct buf request;
    size_t sent_len;
    struct buf reply;       /* head, then the kept part of the body */
    size_t head_len;        /* 0 until the head is complete */
    uint64_t body_len;      /* as Content-Length says */
    uint64_t received_len;  /* of the body */
    uint64_t began_ns;
    bool idle;              /* nothing is under way */
};

struct run {
    const struct client_options *options;
    struct work *work;
    struct client_result *result;
    struct connection *connections;
    uint8_t *scratch;
    int epoll;
    unsigned open_count; /* connections with a request under way */
    unsigned turn;       /* at a rate: the connection that is asked first for the next request */
    uint64_t due_ns;     /* at a rate: when the next request is */
    bool counting;
    bool stopping;
};

static void note_wrong(struct run *run, const char *text)
{
    if (run->result->wrong++ == 0)
        snprintf(run->result->first_wrong, sizeof(run->result->first_wrong), "%s", text);
}

static bool watch(struct run *run, struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    return epoll_ctl(run->epoll, operation, connection->fd, &event) == 0;
}

static bool connection_open(struct run *run, struct connection *connection, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(run->options->port)};
    int one = 1;

    if (inet_pton(AF_INET, run->options->address, &address.sin_addr) != 1)
        return err_set(err, ERR_INVALID, "%s is not an IPv4 address", run->options->address);
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return err_set_errno(err, ERR_IO, errno, "connect to %s:%u", run->options->address,
                             run->options->port);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (!watch(run, connection, EPOLL_CTL_ADD, EPOLLIN))
        return err_set_errno(err, ERR_IO, errno, "epoll");
    connection->idle = true;
    return true;
}

static void connection_fail(struct run *run, struct connection *connection, const char *text)
{
    note_wrong(run, text);
    close(connection->fd);
    connection->fd = -1;
    if (!connection->idle)
        run->open_count--;
    connection->idle = true;
}

static void send_rest(struct run *run, struct connection *connection)
{
    while (connection->sent_len < connection->request.len) {
        ssize_t sent = send(connection->fd, connection->request.data + connection->sent_len,
                            connection->request.len - connection->sent_len,
                            MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN) {
            if (!watch(run, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT))
                connection_fail(run, connection, "epoll failed");
            return;
        }
        if (sent < 0) {
            connection_fail(run, connection, strerror(errno));
            return;
        }
        connection->sent_len += (size_t)sent;
    }
}

static size_t number_of(const struct run *run, const struct connection *connection)
{
    return (size_t)(connection - run->connections);
}

/* Latency counts from since_ns: what had to wait for a free connection has waited. */
static void send_next(struct run *run, struct connection *connection, uint64_t since_ns)
{
    buf_clear(&connection->request);
    buf_clear(&connection->reply);
    connection->sent_len = 0;
    connection->head_len = 0;
    connection->body_len = 0;
    connection->received_len = 0;
    if (connection->fd < 0 || run->stopping ||
        !run->work->kind->next(run->work, number_of(run, connection), &connection->request)) {
        connection->idle = true;
        return;
    }
    connection->idle = false;
    run->open_count++;
    connection->began_ns = since_ns;
    send_rest(run, connection);
}

static bool has_rate(const struct run *run)
{
    return run->options->requests_per_s > 0;
}

static struct connection *next_free(struct run *run)
{
    for (unsigned i = 0; i < run->options->connections; i++) {
        struct connection *connection = &run->connections[run->turn];

        run->turn = (run->turn + 1) % run->options->connections;
        if (connection->idle && connection->fd >= 0)
            return connection;
    }
    return NULL;
}

/* Sends what is due by now, as far as connections are free. */
static void send_due(struct run *run, uint64_t now_ns)
{
    uint64_t interval_ns = (uint64_t)(1e9 / run->options->requests_per_s);

    while (run->due_ns <= now_ns) {
        struct connection *connection = next_free(run);

        if (connection == NULL)
            return;
        send_next(run, connection, run->due_ns);
        run->due_ns += interval_ns;
    }
}

static void reply_done(struct run *run, struct connection *connection)
{
    struct reply reply = {.body_len = connection->body_len};
    struct err err = {0};

    reply.status = atoi((const char *)connection->reply.data + 9);
    reply.body = bytes_slice(bytes_of_buf(&connection->reply), connection->head_len,
                             connection->reply.len);
    run->open_count--;
    connection->idle = true;
    if (!run->work->kind->check(run->work, number_of(run, connection), &reply, &err)) {
        note_wrong(run, err.text);
    } else if (run->counting) {
        run->result->requests++;
        latency_add(&run->result->latency, clock_monotonic_ns() - connection->began_ns);
    }
    if (!has_rate(run))
        send_next(run, connection, clock_monotonic_ns());
}

/* Reads Content-Length once the head is complete. */
static bool parse_head(struct connection *connection)
{
    struct bytes head = bytes_of_buf(&connection->reply);
    const uint8_t *end = memmem(head.data, head.len, "\r\n\r\n", 4);
    const char *length;

    if (end == NULL)
        return head.len < HEAD_LEN_MAX;
    connection->head_len = (size_t)(end - head.data) + 4;
    length = strcasestr(buf_text(&connection->reply), "\r\ncontent-length:");
    if (head.len < 12 || length == NULL)
        return false;
    connection->body_len = strtoull(length + 17, NULL, 10);
    connection->received_len = head.len - connection->head_len;
    return true;
}

static bool take(struct run *run, struct connection *connection, const uint8_t *data, size_t len)
{
    if (connection->head_len == 0) {
        buf_append(&connection->reply, data, len);
        return parse_head(connection);
    }
    if (run->work->kind->keeps_body &&
        connection->reply.len + len <= HEAD_LEN_MAX + REPLY_KEPT_MAX)
        buf_append(&connection->reply, data, len);
    connection->received_len += len;
    return true;
}

/* Bodies that nobody looks at are counted and dropped by the kernel, so the client stays light. */
static ssize_t receive_some(struct run *run, struct connection *connection)
{
    uint64_t left = connection->body_len - connection->received_len;

    if (connection->head_len == 0 || run->work->kind->keeps_body || left == 0)
        return recv(connection->fd, run->scratch,
                    connection->head_len == 0 && !run->work->kind->keeps_body ? HEAD_RECEIVE_LEN
                                                                              : RECEIVE_LEN,
                    MSG_DONTWAIT);
    return recv(connection->fd, NULL, left < RECEIVE_LEN ? left : RECEIVE_LEN,
                MSG_DONTWAIT | MSG_TRUNC);
}

static void receive(struct run *run, struct connection *connection)
{
    ssize_t got = receive_some(run, connection);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        connection_fail(run, connection, got == 0 ? "connection closed" : strerror(errno));
        return;
    }
    if (connection->idle || !take(run, connection, run->scratch, (size_t)got)) {
        connection_fail(run, connection, "not an HTTP reply");
        return;
    }
    if (connection->head_len > 0 && connection->received_len >= connection->body_len)
        reply_done(run, connection);
}

static void handle_event(struct run *run, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;

    if (connection->fd >= 0 && (event->events & EPOLLOUT) != 0) {
        if (!watch(run, connection, EPOLL_CTL_MOD, EPOLLIN))
            connection_fail(run, connection, "epoll failed");
        else
            send_rest(run, connection);
    }
    if (connection->fd >= 0 && (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive(run, connection);
}

static void begin_counting(struct run *run, uint64_t *begin_ns)
{
    run->counting = true;
    *begin_ns = clock_monotonic_ns();
    if (run->result->on_begin != NULL)
        run->result->on_begin(run->result->context);
}

/* After the duration the requests under way get this long to finish. */
static const uint64_t DRAIN_NS = 10000000000u;

static void run_loop(struct run *run)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t start_ns = clock_monotonic_ns();
    uint64_t begin_ns = start_ns;
    uint64_t end_ns = start_ns + (run->options->warm_up_ms + run->options->duration_ms) * 1000000;

    if (run->options->warm_up_ms == 0)
        begin_counting(run, &begin_ns);
    run->due_ns = start_ns;
    for (unsigned i = 0; !has_rate(run) && i < run->options->connections; i++)
        send_next(run, &run->connections[i], start_ns);
    while (run->open_count > 0 || (has_rate(run) && !run->stopping)) {
        int count = epoll_wait(run->epoll, events, EVENTS_MAX, has_rate(run) ? 1 : 100);
        uint64_t now_ns = clock_monotonic_ns();

        if (!run->counting && !run->stopping &&
            now_ns - start_ns >= run->options->warm_up_ms * 1000000)
            begin_counting(run, &begin_ns);
        if (!run->stopping && now_ns >= end_ns) {
            run->stopping = true;
            run->counting = false;
            run->result->duration_ns = now_ns - begin_ns;
        }
        if (now_ns >= end_ns + DRAIN_NS) {
            note_wrong(run, "requests were never answered");
            break;
        }
        for (int i = 0; i < count; i++)
            handle_event(run, &events[i]);
        if (has_rate(run) && !run->stopping)
            send_due(run, now_ns);
    }
    if (!run->stopping)
        run->result->duration_ns = clock_monotonic_ns() - begin_ns;
}

bool client_run(const struct client_options *options, struct work *work,
                struct client_result *result, struct err *err)
{
    struct run run = {.options = options, .work = work, .result = result};
    bool ok = true;

    run.connections = mem_alloc_array(options->connections, sizeof(*run.connections));
    run.scratch = mem_alloc(RECEIVE_LEN);
    run.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < options->connections; i++)
        run.connections[i].fd = -1;
    for (unsigned i = 0; ok && i < options->connections; i++)
        ok = connection_open(&run, &run.connections[i], err);
    if (ok)
        run_loop(&run);
    for (unsigned i = 0; i < options->connections; i++) {
        if (run.connections[i].fd >= 0)
            close(run.connections[i].fd);
        buf_cleanup(&run.connections[i].request);
        buf_cleanup(&run.connections[i].reply);
    }
    close(run.epoll);
    free(run.scratch);
    free(run.connections);
    return ok;
}
