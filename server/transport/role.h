/*
 * What a role of the daemon (a log, a witness) brings to the transport: its endpoints, and what
 * its threads and requests carry. The three structs are completed by each role for itself; the
 * transport only passes them on.
 */
#ifndef VOUCH_SERVER_TRANSPORT_ROLE_H
#define VOUCH_SERVER_TRANSPORT_ROLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct endpoint;
struct request;
struct service;         /* shared by all threads */
struct service_thread;  /* of one HTTP thread */
struct service_request; /* of the request a connection is busy with */
struct worker;

struct role {
    const char *noun; /* "log": what a client is talking to */
    const struct endpoint *endpoints;
    size_t endpoint_count; /* less than ENDPOINTS_MAX */
    unsigned variant;      /* one bit: only endpoints that have it in their variants exist */
    size_t thread_len;     /* sizeof(struct service_thread); zeroed before thread_init */
    size_t request_len;    /* sizeof(struct service_request); zeroed when a request begins */
    /* All are called on the HTTP thread, the first two while it does not run; NULL: nothing to do.
     * thread_cleanup also follows a thread_init that failed. */
    bool (*thread_init)(struct worker *worker, struct err *err);
    void (*thread_cleanup)(struct worker *worker);
    void (*thread_woken)(struct worker *worker); /* someone called outbox_wake */
    void (*thread_sweep)(struct worker *worker, uint64_t now_ns); /* ten times a second */
    void (*request_cleanup)(struct service_request *state);       /* the reply is with the client */
};

#endif
