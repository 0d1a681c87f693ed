/*
 * An HTTP/1.1 client. Each connection sends its next request when the last is answered, or, at a
 * given rate, when the next is due and a connection is free.
 */
#ifndef VOUCH_TOOLS_LOAD_CLIENT_H
#define VOUCH_TOOLS_LOAD_CLIENT_H

#include "tools/load/latency.h"
#include "tools/load/work.h"

struct client_options {
    const char *address; /* IPv4 address */
    uint16_t port;
    unsigned connections;
    double requests_per_s; /* 0: as many as can be */
    uint64_t warm_up_ms; /* not counted */
    uint64_t duration_ms;
};

struct client_result {
    uint64_t requests;      /* answered rightly within the duration */
    uint64_t wrong;         /* replies that check refused, and connections that failed */
    char first_wrong[256];
    uint64_t duration_ns;   /* of the counted part */
    struct latency latency; /* initialised by the caller */
    void (*on_begin)(void *context); /* called when counting begins, NULL allowed */
    void *context;
};

/* Runs until the duration is over or the work has nothing left and every reply is in. */
MUST_USE bool client_run(const struct client_options *options, struct work *work,
                         struct client_result *result, struct err *err);

#endif
