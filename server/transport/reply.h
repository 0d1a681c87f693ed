/*
 * Replies: exactly one per request, all sent from here. Also the end of a request's life in
 * libevent: after any of these calls the request, and perhaps its connection, is gone.
 */
#ifndef VOUCH_SERVER_TRANSPORT_REPLY_H
#define VOUCH_SERVER_TRANSPORT_REPLY_H

#include "server/transport/request.h"

struct evhttp_connection;

/* Cache-Control of answers that never change, and of all others. */
#define CACHE_IMMUTABLE "public, max-age=31536000, immutable"
#define CACHE_NONE "no-store"

enum { REPLY_HEADERS_LEN_MAX = 1024 };

/* A part of an open file, which stays the caller's. */
struct reply_file {
    int fd;
    uint64_t offset;
    uint64_t len;
};

struct reply {
    int status;
    enum media media;
    const char *cache_control;
    struct bytes body;
    const struct reply_file *file;       /* instead of body; NULL: none */
    char headers[REPLY_HEADERS_LEN_MAX]; /* further header lines */
};

/* Adds "name: value" to the reply's headers. */
void reply_add_header(struct reply *reply, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

void reply_send(struct request *request, const struct reply *reply);

/* 200 with one CBOR item, or its JSON view when the client prefers that. */
void reply_send_item(struct request *request, struct bytes item, const char *cache_control);

/* The same with another status of success. */
void reply_send_item_as(struct request *request, int status, struct bytes item,
                        const char *cache_control);

/*
 * What to do with a stream whose connection goes away, or shall end now that its client has taken
 * what was sent (with reply_end_stream; the connection may be gone then).
 */
struct stream_ops {
    void (*free)(void *stream);
    void (*end)(void *stream);
};

/*
 * A reply in parts that ends with the connection (text/event-stream): begin it, send one part after
 * the other, each when the one before was taken, and end it. Between begin and end the connection
 * may go away at any time; it frees the stream then.
 */
void reply_begin_stream(struct request *request, const struct stream_ops *ops, void *stream);
void reply_send_part(struct request *request, struct bytes part,
                     void (*taken)(struct evhttp_connection *evhttp, void *context),
                     void *context);
void reply_end_stream(struct request *request);

void reply_send_problem(struct request *request, const struct problem *problem);

/* Logs what the client is not told (store failures), then sends the problem for err. */
void reply_send_error(struct request *request, const struct err *err);

/*
 * For connections without a complete request. The bytes of a whole reply that ends the
 * connection, for clients that speak neither Accept nor anything else.
 */
void reply_append_closing(struct buf *out, const struct problem *problem);

#endif
