/*
 * Streams: connections that stay open and are told of entries as soon as they are published. A
 * stream remembers nothing but its position: what its client has not taken yet waits in the log,
 * not in memory. One thread's business, except where it says otherwise.
 */
#ifndef VOUCH_SERVER_HTTP_STREAM_H
#define VOUCH_SERVER_HTTP_STREAM_H

#include "server/evidence/event_source.h"
#include "schemas/problem.h"

struct event;
struct request;
struct service;
struct stream;
struct worker;

/* The streams of one thread. */
struct streams {
    struct stream *first;
    struct event_source source;
    /* the events between two positions, for the next stream that stands at the first one */
    struct event_position text_begin;
    struct event_position text_end;
    struct buf text;
    struct event *turn_event; /* a stream has more to look through, without having sent anything */
};

/* Prepares the streams of a worker; false when libevent has no memory. */
MUST_USE bool streams_init(struct worker *worker);
void streams_cleanup(struct worker *worker); /* after its connections are gone */

/* What a client wants to be told. */
struct stream_start {
    struct event_position position;
    struct mention_search search; /* term_count 0: every entry */
};

/* Answers the request with a stream, or PROBLEM_BUSY: there are as many as may be. */
MUST_USE bool stream_open(struct request *request, const struct stream_start *start,
                          struct problem *problem);

/* A head may have been published: tells everyone what is new. */
void streams_tell(struct worker *worker);

/* Says to clients that hear nothing for long that the connection is alive. */
void streams_sweep(struct worker *worker, uint64_t now_ns);

/* Wakes the threads that have streams. Any thread, after a head was published. */
void streams_wake(const struct service *service);

#endif
