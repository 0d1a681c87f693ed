/* An HTTP thread: an event loop of its own on the shared listening socket. */
#ifndef VOUCH_SERVER_TRANSPORT_WORKER_H
#define VOUCH_SERVER_TRANSPORT_WORKER_H

#include "server/transport/connection.h"
#include "server/transport/metrics.h"
#include "server/transport/outbox.h"
#include "server/transport/route.h"

struct event;
struct event_base;
struct evconnlistener;
struct evhttp;
struct transport;

enum { DATE_LEN = 29 };

/* Statuses that are counted one by one; the last slot takes all others. */
enum { STATUS_SLOTS = 17 };

struct worker_metrics {
    struct counter requests[ENDPOINTS_MAX][STATUS_SLOTS];
    struct histogram durations[ENDPOINTS_MAX];
    struct counter in_flight; /* requests being answered */
    struct counter connections_accepted;
    struct counter connections_cut; /* past a deadline or over a limit */
};

struct worker {
    const struct transport *transport;
    pthread_t thread;
    /* this thread only */
    struct event_base *base;
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    bool is_accepting;
    bool is_yielding; /* for a moment other threads shall accept */
    struct event *sweep_event;
    struct event *yield_event;
    struct event *outbox_event;
    struct event *adopt_event;   /* connections were accepted */
    struct event *foreign_event; /* libevent wrote an error page */
    struct connections connections;
    struct service_thread *state; /* the role's */
    struct buf body; /* scratch for the reply being built */
    struct buf json;
    struct buf head;
    int64_t date_s; /* Unix time that date shows */
    char date[DATE_LEN + 1];
    uint64_t drain_deadline_ns; /* 0: not draining */
    /* written by this thread, read by any */
    struct worker_metrics metrics;
    _Atomic size_t connection_count;
    /* any thread */
    struct outbox outbox;
    _Atomic bool must_drain;
};

/* Prepares a worker on a listening socket, which stays the caller's. */
MUST_USE bool worker_init(struct worker *worker, const struct transport *transport, int listen_fd,
                          struct err *err);
MUST_USE bool worker_start(struct worker *worker, struct err *err);

/* Stop accepting, finish what was accepted. worker_join waits for that. Any thread. */
void worker_drain(struct worker *worker);
void worker_join(struct worker *worker);
void worker_cleanup(struct worker *worker); /* accepts a zeroed worker */

/* Accept or stop accepting as the limits say. This thread. */
void worker_balance(struct worker *worker);

/* The Date header's value now (RFC 9110, 6.6.1). */
const char *worker_date(struct worker *worker);

void worker_count_reply(struct worker *worker, const struct endpoint *endpoint, int status,
                        uint64_t received_ns);

/* The status of a slot of worker_metrics.requests; 0 for the last. */
int status_of_slot(size_t slot);

#endif
