/* A complete request on its way to one reply. */
#ifndef VOUCH_SERVER_TRANSPORT_REQUEST_H
#define VOUCH_SERVER_TRANSPORT_REQUEST_H

#include <sys/socket.h>

#include "schemas/problem.h"
#include "server/transport/media.h"
#include "server/transport/role.h"

struct connection;
struct endpoint;
struct evhttp_request;
struct worker;

enum http_method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

enum { REQUEST_PARAMETERS_MAX = 3 };

/* Text borrowed from the request; NULL when the header is absent. */
struct request_headers {
    const char *accept;
    const char *connection;
    const char *content_type;
    const char *content_encoding;
    const char *content_length;
    const char *transfer_encoding;
    const char *last_event_id;
    const char *id_token; /* a credential: never written anywhere */
    unsigned content_length_count;
    unsigned transfer_encoding_count;
    unsigned id_token_count;
};

struct request {
    struct evhttp_request *evhttp;
    struct connection *connection;
    struct worker *worker;
    struct service *service;
    const struct endpoint *endpoint; /* NULL until one is found */
    enum http_method method;
    bool is_http_1_0;
    bool must_close; /* the connection ends with this reply */
    struct request_headers headers;
    struct bytes path; /* borrowed from the request, like all that follows */
    struct bytes query;
    struct bytes parameters[REQUEST_PARAMETERS_MAX];
    struct bytes body;
    uint64_t received_ns; /* monotonic */
    struct service_request *state; /* what an endpoint needs until it answers; the role's */
    void *endpoint_state;          /* of the one endpoint, which frees it */
};

/*
 * Fills request from libevent's; false with a problem when the message cannot be trusted to end
 * where libevent thinks it does.
 */
MUST_USE bool request_init(struct request *request, struct evhttp_request *evhttp,
                           struct connection *connection, struct problem *problem);

/* Where the reply's body is built: the thread's scratch buffer, empty when a request begins. */
struct buf *request_body_buf(struct request *request);

/* Gives back the memory of the body, of a request that will wait long for its reply. */
void request_drop_body(struct request *request);

/* Whose connection it is; false when that is no longer known. */
bool request_peer(const struct request *request, struct sockaddr_storage *out);

/* The one of offered (its first by default) that Accept asks for. */
enum media request_media(const struct request *request, const enum media *offered, size_t count);

/* Parameter number i as a decimal number up to TREE_SIZE_MAX; a problem naming it otherwise. */
MUST_USE bool request_uint(const struct request *request, size_t i, const char *name, uint64_t *out,
                           struct problem *problem);

#endif
