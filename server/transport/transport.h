/* The HTTP side of a daemon: threads on one listening socket that serve the endpoints of a role. */
#ifndef VOUCH_SERVER_TRANSPORT_TRANSPORT_H
#define VOUCH_SERVER_TRANSPORT_TRANSPORT_H

#include "base/bytes.h"
#include "server/transport/role.h"

enum { TRANSPORT_THREADS_MAX = 64 };

struct transport_options {
    const char *listen; /* as listen_address_parse; borrowed while opening */
    unsigned threads;   /* 1..TRANSPORT_THREADS_MAX */
    size_t connections_max;
    uint32_t request_timeout_ms;
    uint32_t idle_timeout_ms;
    size_t request_bytes_max; /* of all requests being read, each thread has its share */
};

/* Constant while the threads run. */
struct transport {
    struct transport_options options;
    const struct role *role;
    struct service *service;
    struct worker *workers;
    size_t worker_count;
    size_t body_len_max; /* the largest of all endpoints */
    int listen_fd;
    size_t started_count; /* workers with a thread */
};

/* Listens and prepares the threads. role and service are borrowed until transport_close. */
MUST_USE bool transport_open(struct transport **out, const struct transport_options *options,
                             const struct role *role, struct service *service, struct err *err);

/* Serves when it returns true. */
MUST_USE bool transport_start(struct transport *transport, struct err *err);

/* Refuses new connections and has all threads finish what they accepted; accepts NULL. */
void transport_drain(struct transport *transport);

/* Waits until that is done. What requests wait for must still be answered meanwhile. */
void transport_join(struct transport *transport); /* accepts NULL */

/* After transport_join, or without a start; accepts NULL. */
void transport_close(struct transport *transport);

#endif
