/*
 * Replies: exactly one per request, all sent from here. Also the end of a request's life in
 * libevent: after any of these calls the request, and perhaps its connection, is gone.
 */
#ifndef VOUCH_SERVER_HTTP_REPLY_H
#define VOUCH_SERVER_HTTP_REPLY_H

#include "server/http/request.h"

struct evhttp_connection;
struct stream;

/* Cache-Control of answers that never change, and of all others. */
#define CACHE_IMMUTABLE "public, max-age=31536000, immutable"
#define CACHE_NONE "no-store"

enum { REPLY_HEADERS_LEN_MAX = 1024 };

struct reply {
    int status;
    enum media media;
    const char *cache_control;
    struct bytes body;
    const struct store_extent *file;     /* instead of body, when its fd >= 0 */
    char headers[REPLY_HEADERS_LEN_MAX]; /* further header lines */
};

/* Adds "name: value" to the reply's headers. */
void reply_add_header(struct reply *reply, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

void reply_send(struct request *request, const struct reply *reply);

/* 200 with one CBOR item, or its JSON view when the client prefers that. */
void reply_send_item(struct request *request, struct bytes item, const char *cache_control);

/*
 * A reply in parts that ends with the connection (text/event-stream): begin it, send one part after
 * the other, each when the one before was taken, and end it. Between begin and end the connection
 * may go away at any time; it frees the stream then.
 */
void reply_begin_stream(struct request *request, struct stream *stream);
void reply_send_part(struct request *request, struct bytes part,
                     void (*taken)(struct evhttp_connection *evhttp, void *context),
                     void *context);
void reply_end_stream(struct request *request);

void reply_send_problem(struct request *request, const struct problem *problem);

/* False, with the problem sent, when the log refused to commit the request's job. */
MUST_USE bool reply_check_committed(struct request *request);

/* Logs what the client is not told (store failures), then sends the problem for err. */
void reply_send_error(struct request *request, const struct err *err);

/*
 * For connections without a complete request. The bytes of a whole reply that ends the
 * connection, for clients that speak neither Accept nor anything else.
 */
void reply_append_closing(struct buf *out, const struct problem *problem);

#endif
