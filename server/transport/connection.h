/*
 * What we know of each connection: how many there are, what each is waiting for and until when.
 * libevent has neither a limit on connections nor a time-out for a request as a whole, and it
 * does not read while a request is pending; all of that is here. One thread's business.
 */
#ifndef VOUCH_SERVER_TRANSPORT_CONNECTION_H
#define VOUCH_SERVER_TRANSPORT_CONNECTION_H

#include "server/transport/request.h"

struct bufferevent;
struct event;
struct evhttp_connection;

enum connection_state {
    CONNECTION_NEW,     /* not adopted yet */
    CONNECTION_IDLE,    /* nothing of the next request has arrived */
    CONNECTION_READING, /* a part of a request has arrived */
    CONNECTION_PENDING, /* a request is being answered; it cannot go away meanwhile */
    CONNECTION_WRITING, /* the client has not taken the whole reply yet */
    CONNECTION_STREAMING, /* the reply goes on until one of the two ends it */
};

struct connection {
    struct connection *next;
    struct connection **previous_next;
    struct worker *worker;
    struct bufferevent *bufferevent; /* held until the connection is closed */
    struct evhttp_connection *evhttp;
    int fd;
    enum connection_state state;
    uint64_t deadline_ns;    /* monotonic; none while pending; UINT64_MAX while quiet */
    size_t request_bytes;    /* received for the request being read */
    struct event *guard;     /* keeps fd registered with epoll while libevent does not read */
    unsigned guard_strikes;  /* times fd was readable while nobody reads */
    bool is_writing_reply;   /* output comes from reply.c, not from libevent */
    bool has_foreign_output; /* libevent has written an error page of its own */
    struct request request;  /* while pending, writing or streaming */
    const struct stream_ops *stream_ops; /* while streaming, like stream */
    void *stream;
    _Alignas(max_align_t) unsigned char state_of_role[]; /* struct service_request */
};

/* The connections of one thread. */
struct connections {
    struct connection *first;
    struct connection **by_fd;
    size_t by_fd_count;
    size_t count;
    size_t request_bytes; /* of all requests being read */
    bool is_full;         /* all threads together have as many as may be */
};

/* For evhttp_set_bevcb: the bufferevent of a connection that was just accepted. */
struct bufferevent *connection_new(struct worker *worker);

/* Completes the records of connections accepted since the last call. */
void connections_adopt(struct worker *worker);

/* Replaces error pages written by libevent with problem details. */
void connections_replace_foreign_output(struct worker *worker);

/* The connection a request came on. */
struct connection *connection_of(struct worker *worker, struct evhttp_connection *evhttp);

/* A complete request has arrived. */
void connection_set_pending(struct connection *connection);

/*
 * Whether the client of a pending request has closed its side, and sent nothing after the request.
 * It may still read: that cannot be known before something is written.
 */
bool connection_has_left(const struct connection *connection);

/* The client must take len more bytes in time. */
void connection_set_writing(struct connection *connection, uint64_t len);

/* The client must take this part of a stream in time. */
void connection_set_streaming(struct connection *connection, uint64_t len);

/* The client has taken all parts so far: it may be silent for as long as it likes. */
void connection_set_quiet(struct connection *connection);

/* The reply is with the client. To be called while the request still exists. */
void connection_set_idle(struct connection *connection);

/* Closes the connection, with what is pending on it. */
void connection_close(struct connection *connection);

/* Closes what is past its deadline or more than the limits allow. */
void connections_sweep(struct worker *worker, uint64_t now_ns);

/* Closes what has no complete request; what stays gets grace_ns to take its reply. */
void connections_drain(struct worker *worker, uint64_t now_ns, uint64_t grace_ns);

#endif
