#include "server/transport/request.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "merkle/node.h"
#include "server/transport/connection.h"
#include "server/transport/transport.h"
#include "server/transport/worker.h"

/* One walk over the headers, as every look-up by name would be one. */
static void collect_headers(struct request_headers *out, const struct evkeyvalq *headers)
{
    const struct evkeyval *header;

    for (header = headers->tqh_first; header != NULL; header = header->next.tqe_next) {
        if (strcasecmp(header->key, "Accept") == 0)
            out->accept = header->value;
        else if (strcasecmp(header->key, "Connection") == 0)
            out->connection = header->value;
        else if (strcasecmp(header->key, "Content-Type") == 0)
            out->content_type = header->value;
        else if (strcasecmp(header->key, "Content-Encoding") == 0)
            out->content_encoding = header->value;
        else if (strcasecmp(header->key, "Content-Length") == 0) {
            out->content_length = header->value;
            out->content_length_count++;
        } else if (strcasecmp(header->key, "Transfer-Encoding") == 0) {
            out->transfer_encoding = header->value;
            out->transfer_encoding_count++;
        } else if (strcasecmp(header->key, "Last-Event-ID") == 0) {
            out->last_event_id = header->value;
        } else if (strcasecmp(header->key, "Vouch-ID-Token") == 0) {
            out->id_token = header->value;
            out->id_token_count++;
        }
    }
}

static enum http_method method_of(enum evhttp_cmd_type type)
{
    switch (type) {
    case EVHTTP_REQ_GET:
        return METHOD_GET;
    case EVHTTP_REQ_HEAD:
        return METHOD_HEAD;
    case EVHTTP_REQ_POST:
        return METHOD_POST;
    default:
        return METHOD_OTHER;
    }
}

/*
 * libevent takes the first of several lengths, prefers chunks to a length and reads "+5" as 5.
 * A proxy in front may see it otherwise and take the rest of this message for another one
 * (RFC 9112, 6.3), so such messages are refused and end their connection.
 */
static bool check_framing(const struct request_headers *headers, struct problem *problem)
{
    uint64_t length;

    if (headers->content_length_count + headers->transfer_encoding_count > 1)
        return problem_set(problem, PROBLEM_PARAMETER,
                           "The message has more than one Content-Length or Transfer-Encoding.");
    if (headers->content_length != NULL &&
        !text_parse_uint(&length, bytes_of_text(headers->content_length), INT64_MAX))
        return problem_set(problem, PROBLEM_PARAMETER, "Content-Length is not a decimal number.");

    if (headers->transfer_encoding != NULL &&
        strcasecmp(headers->transfer_encoding, "chunked") != 0)
        return problem_set(problem, PROBLEM_PARAMETER, "The only transfer encoding is chunked.");
    return true;
}

/* HTTP/1.0 closes unless asked not to, HTTP/1.1 keeps open unless asked not to. */
static bool wants_close(const struct request *request)
{
    if (request->headers.connection == NULL)
        return request->is_http_1_0;
    if (strcasecmp(request->headers.connection, "close") == 0)
        return true;
    return request->is_http_1_0 && strncasecmp(request->headers.connection, "keep-alive", 10) != 0;
}

/* libevent reads no body of HEAD and of methods it does not know: it would be the next request. */
static bool has_unread_body(const struct request *request)
{
    bool may_have_body =
        request->headers.content_length != NULL || request->headers.transfer_encoding != NULL;

    return may_have_body && request->method != METHOD_GET && request->method != METHOD_POST;
}

static struct bytes body_of(struct evhttp_request *evhttp)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(evhttp);
    size_t len = evbuffer_get_length(input);

    return bytes_of(len == 0 ? NULL : evbuffer_pullup(input, -1), len);
}

bool request_init(struct request *request, struct evhttp_request *evhttp,
                  struct connection *connection, struct problem *problem)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(evhttp);
    const char *path = evhttp_uri_get_path(uri);
    const char *query = evhttp_uri_get_query(uri);

    *request = (struct request){
        .evhttp = evhttp,
        .connection = connection,
        .worker = connection->worker,
        .service = connection->worker->transport->service,
        .state = (struct service_request *)(void *)connection->state_of_role,
        .method = method_of(evhttp_request_get_command(evhttp)),
        .is_http_1_0 = evhttp->major < 1 || (evhttp->major == 1 && evhttp->minor == 0),
        .path = bytes_of_text(path == NULL ? "" : path),
        .query = bytes_of_text(query == NULL ? "" : query),
        .body = body_of(evhttp),
        .received_ns = clock_monotonic_ns(),
    };
    memset(connection->state_of_role, 0, connection->worker->transport->role->request_len);
    collect_headers(&request->headers, evhttp_request_get_input_headers(evhttp));
    request->must_close = wants_close(request) || has_unread_body(request);
    if (check_framing(&request->headers, problem))
        return true;
    request->must_close = true;
    return false;
}

struct buf *request_body_buf(struct request *request)
{
    return &request->worker->body;
}

void request_drop_body(struct request *request)
{
    evbuffer_drain(evhttp_request_get_input_buffer(request->evhttp), request->body.len);
    request->body = (struct bytes){0};
}

bool request_peer(const struct request *request, struct sockaddr_storage *out)
{
    socklen_t len = sizeof(*out);

    return getpeername(request->connection->fd, (struct sockaddr *)out, &len) == 0;
}

enum media request_media(const struct request *request, const enum media *offered, size_t count)
{
    return media_accepted(request->headers.accept, offered, count);
}

bool request_uint(const struct request *request, size_t i, const char *name, uint64_t *out,
                  struct problem *problem)
{
    if (text_parse_uint(out, request->parameters[i], TREE_SIZE_MAX))
        return true;
    problem_set(problem, PROBLEM_PARAMETER, "The %s is not a decimal number.", name);
    return problem_add(problem, NULL, NULL, "digits without leading zeros, at most 2^63");
}
