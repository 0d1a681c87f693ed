#include "server/transport/reply.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/diag.h"
#include "schemas/view.h"
#include "server/transport/connection.h"
#include "server/transport/worker.h"

enum {
    STREAM_INPUT_LEN_MAX = 1024, /* a client of a stream has nothing to say */
    STREAM_SOCKET_LEN = 65536,   /* what the kernel keeps of it; it would take megabytes */
};

#define NO_LENGTH UINT64_MAX /* the body ends with the connection */

static const char *reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    default:
        return "Unknown";
    }
}

void reply_add_header(struct reply *reply, const char *name, const char *format, ...)
{
    size_t len = strlen(reply->headers);
    size_t room = sizeof(reply->headers) - len;
    va_list args;
    int written;

    written = snprintf(reply->headers + len, room, "%s: ", name);
    CHECK(written > 0 && (size_t)written < room);
    len += (size_t)written;
    room -= (size_t)written;
    va_start(args, format);
    written = vsnprintf(reply->headers + len, room, format, args);
    va_end(args);
    CHECK(written >= 0 && (size_t)written + 2 < room);
    memcpy(reply->headers + len + written, "\r\n", 3);
}

static void append_uint(struct buf *out, uint64_t value)
{
    char digits[20];
    size_t begin = sizeof(digits);

    do {
        digits[--begin] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_append(out, digits + begin, sizeof(digits) - begin);
}

static void append_status(struct buf *out, int status)
{
    buf_append_text(out, "HTTP/1.1 ");
    append_uint(out, (uint64_t)status);
    buf_append_byte(out, ' ');
    buf_append_text(out, reason_of(status));
}

static void append_header(struct buf *out, const char *name, const char *value)
{
    buf_append_text(out, "\r\n");
    buf_append_text(out, name);
    buf_append_text(out, ": ");
    buf_append_text(out, value);
}

static void append_length(struct buf *out, uint64_t len)
{
    buf_append_text(out, "\r\nContent-Length: ");
    append_uint(out, len);
}

static void build_head(struct buf *out, const struct request *request, const struct reply *reply,
                       uint64_t body_len)
{
    append_status(out, reply->status);
    append_header(out, "Date", worker_date(request->worker));
    append_header(out, "Content-Type", media_name(reply->media));
    if (body_len != NO_LENGTH)
        append_length(out, body_len);
    append_header(out, "Cache-Control", reply->cache_control);
    if (request->must_close)
        append_header(out, "Connection", "close");
    else if (request->is_http_1_0)
        append_header(out, "Connection", "keep-alive");
    buf_append_text(out, "\r\n");
    buf_append_text(out, reply->headers);
    buf_append_text(out, "\r\n");
}

/* The whole reply is with the kernel: libevent may free the request and read the next one. */
static void finish(struct request *request)
{
    struct evhttp_request *evhttp = request->evhttp;

    connection_set_idle(request->connection);
    evhttp_send_reply_end(evhttp); /* with nothing to write it completes at once */
}

static void on_written(struct evhttp_request *evhttp, void *argument)
{
    struct connection *connection = argument;

    (void)evhttp;
    connection_set_idle(connection);
}

/* What is left of the reply lies in the output buffer; the event loop writes it. */
static void finish_later(struct request *request)
{
    struct connection *connection = request->connection;
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);

    connection_set_writing(connection, evbuffer_get_length(output));
    evhttp_request_set_on_complete_cb(request->evhttp, on_written, connection);
    evhttp_send_reply_end(request->evhttp);
    bufferevent_enable(connection->bufferevent, EV_WRITE);
}

/*
 * The short way: one system call puts head and body into the socket, and libevent's output
 * buffer, which would cost two turns of the event loop, is used for what does not fit.
 */
static void send_memory(struct request *request, struct bytes head, struct bytes body)
{
    struct connection *connection = request->connection;
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);
    struct iovec parts[2] = {{.iov_base = (void *)(uintptr_t)head.data, .iov_len = head.len},
                             {.iov_base = (void *)(uintptr_t)body.data, .iov_len = body.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = 0;
    size_t done;

    if (evbuffer_get_length(output) == 0) /* else "100 Continue" is still in there */
        sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(connection); /* the client has gone away */
        return;
    }
    done = sent < 0 ? 0 : (size_t)sent;
    if (done == head.len + body.len) {
        finish(request);
        return;
    }
    connection->is_writing_reply = true;
    if (done < head.len)
        evbuffer_add(output, head.data + done, head.len - done);
    done = done < head.len ? 0 : done - head.len;
    if (done < body.len)
        evbuffer_add(output, body.data + done, body.len - done);
    connection->is_writing_reply = false;
    finish_later(request);
}

/* Writes what the socket takes now; false when the client has gone away. */
static bool write_output(struct connection *connection)
{
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);
    int written = 1;

    evbuffer_unfreeze(output, 1);
    while (written > 0 && evbuffer_get_length(output) > 0)
        written = evbuffer_write(output, connection->fd);
    evbuffer_freeze(output, 1);
    return written > 0 || errno == EAGAIN || errno == EINTR;
}

/* The file part goes from the page cache to the socket: libevent uses sendfile(2) for it. */
static void send_file(struct request *request, struct bytes head, const struct reply_file *file)
{
    struct connection *connection = request->connection;
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);
    struct evbuffer_file_segment *segment =
        evbuffer_file_segment_new(file->fd, (ev_off_t)file->offset, (ev_off_t)file->len, 0);
    bool ok = segment != NULL;

    connection->is_writing_reply = true;
    evbuffer_add(output, head.data, head.len);
    ok = ok && evbuffer_add_file_segment(output, segment, 0, (ev_off_t)file->len) == 0;
    connection->is_writing_reply = false;
    if (segment != NULL)
        evbuffer_file_segment_free(segment);
    if (!ok || !write_output(connection))
        connection_close(connection);
    else if (evbuffer_get_length(output) == 0)
        finish(request);
    else
        finish_later(request);
}

/* This is where libevent looks for it when the reply is complete. */
static void tell_to_close(struct request *request)
{
    evhttp_add_header(evhttp_request_get_output_headers(request->evhttp), "Connection", "close");
}

void reply_send(struct request *request, const struct reply *reply)
{
    struct worker *worker = request->worker;
    bool is_file = reply->file != NULL;
    uint64_t body_len = is_file ? reply->file->len : reply->body.len;

    worker_count_reply(worker, request->endpoint, reply->status, request->received_ns);
    if (worker->drain_deadline_ns != 0)
        request->must_close = true;
    if (request->must_close)
        tell_to_close(request);
    request->evhttp->chunked = 0; /* the request was; the reply is not */
    buf_clear(&worker->head);
    build_head(&worker->head, request, reply, body_len);
    if (request->method == METHOD_HEAD)
        send_memory(request, bytes_of_buf(&worker->head), (struct bytes){0});
    else if (is_file)
        send_file(request, bytes_of_buf(&worker->head), reply->file);
    else
        send_memory(request, bytes_of_buf(&worker->head), reply->body);
}

/*
 * The parts go through libevent's output buffer, which says when it is empty. Reading goes on
 * meanwhile, since that is how the end of the connection is noticed.
 */
void reply_begin_stream(struct request *request, const struct stream_ops *ops, void *stream)
{
    struct connection *connection = request->connection;
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);
    struct buf *head = &request->worker->head;
    struct reply reply = {
        .status = 200, .media = MEDIA_EVENT_STREAM, .cache_control = CACHE_NONE};
    int socket_len = STREAM_SOCKET_LEN;

    worker_count_reply(request->worker, request->endpoint, reply.status, request->received_ns);
    request->must_close = true;
    tell_to_close(request);
    request->evhttp->chunked = 0;
    reply_add_header(&reply, "X-Accel-Buffering", "no");
    buf_clear(head);
    build_head(head, request, &reply, NO_LENGTH);
    connection->stream_ops = ops;
    connection->stream = stream;
    connection_set_streaming(connection, head->len);
    setsockopt(connection->fd, SOL_SOCKET, SO_SNDBUF, &socket_len, sizeof(socket_len));
    bufferevent_setwatermark(connection->bufferevent, EV_READ, 0, STREAM_INPUT_LEN_MAX);
    connection->is_writing_reply = true;
    evbuffer_add(output, head->data, head->len);
    connection->is_writing_reply = false;
}

void reply_send_part(struct request *request, struct bytes part,
                     void (*taken)(struct evhttp_connection *evhttp, void *context),
                     void *context)
{
    struct connection *connection = request->connection;
    struct evbuffer *buffer = evbuffer_new();

    if (buffer == NULL)
        abort(); /* out of memory, as in base/bytes.c */
    connection_set_streaming(connection, part.len);
    evbuffer_add(buffer, part.data, part.len);
    connection->is_writing_reply = true;
    evhttp_send_reply_chunk_with_cb(request->evhttp, buffer, taken, context);
    connection->is_writing_reply = false;
    evbuffer_free(buffer);
}

void reply_end_stream(struct request *request)
{
    struct connection *connection = request->connection;
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);

    connection->stream = NULL;
    connection_set_writing(connection, evbuffer_get_length(output));
    evhttp_send_reply_end(request->evhttp);
}

void reply_send_item_as(struct request *request, int status, struct bytes item,
                        const char *cache_control)
{
    static const enum media offered[] = {MEDIA_CBOR, MEDIA_JSON};
    struct reply reply = {.status = status,
                          .media = request_media(request, offered, 2),
                          .cache_control = cache_control,
                          .body = item};
    struct err err = {0};

    if (reply.media == MEDIA_JSON) {
        buf_clear(&request->worker->json);
        if (!view_append_json(&request->worker->json, item, false, &err)) {
            reply_send_error(request, &err);
            return;
        }
        buf_append_byte(&request->worker->json, '\n');
        reply.body = bytes_of_buf(&request->worker->json);
    }
    reply_add_header(&reply, "Vary", "Accept");
    reply_send(request, &reply);
}

void reply_send_item(struct request *request, struct bytes item, const char *cache_control)
{
    reply_send_item_as(request, 200, item, cache_control);
}

void reply_send_problem(struct request *request, const struct problem *problem)
{
    static const enum media offered[] = {MEDIA_PROBLEM_CBOR, MEDIA_CBOR, MEDIA_PROBLEM_JSON,
                                         MEDIA_JSON};
    enum media media = request_media(request, offered, 4);
    bool json = media == MEDIA_PROBLEM_JSON || media == MEDIA_JSON;
    struct buf *body = &request->worker->json;
    struct reply reply = {.status = problem_http_status(problem->kind),
                          .media = json ? MEDIA_PROBLEM_JSON : MEDIA_PROBLEM_CBOR,
                          .cache_control = CACHE_NONE};

    buf_clear(body);
    if (json)
        problem_append_json(body, problem);
    else
        problem_encode(body, problem);
    reply.body = bytes_of_buf(body);
    if (problem->kind == PROBLEM_METHOD)
        reply_add_header(&reply, "Allow", "%s", problem->want);
    if (problem->retry_after_s != 0)
        reply_add_header(&reply, "Retry-After", "%u", problem->retry_after_s);
    reply_send(request, &reply);
}

void reply_send_error(struct request *request, const struct err *err)
{
    struct problem problem = {0};

    if (err->code == ERR_IO || err->code == ERR_CORRUPT)
        diag_error("request-failed", "path=%.*s error=%s", (int)request->path.len,
                   (const char *)request->path.data, err->text);
    problem_from_err(&problem, err);
    reply_send_problem(request, &problem);
}

void reply_append_closing(struct buf *out, const struct problem *problem)
{
    struct buf body = {0};

    problem_encode(&body, problem);
    append_status(out, problem_http_status(problem->kind));
    append_header(out, "Content-Type", media_name(MEDIA_PROBLEM_CBOR));
    append_length(out, body.len);
    append_header(out, "Cache-Control", CACHE_NONE);
    append_header(out, "Connection", "close");
    if (problem->retry_after_s != 0) {
        buf_append_text(out, "\r\nRetry-After: ");
        append_uint(out, problem->retry_after_s);
    }
    buf_append_text(out, "\r\n\r\n");
    buf_append_bytes(out, bytes_of_buf(&body));
    buf_cleanup(&body);
}
