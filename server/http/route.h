/* The routes: one row each. */
#ifndef VOUCH_SERVER_HTTP_ROUTE_H
#define VOUCH_SERVER_HTTP_ROUTE_H

#include "server/http/request.h"

/* Kinds of logs an endpoint exists in. */
enum { IN_EVIDENCE_LOGS = 1, IN_OPAQUE_LOGS = 2, IN_ALL_LOGS = 3 };

/*
 * Answers the request, or arranges that it will be answered; false with a problem, and nothing
 * sent, otherwise.
 */
typedef bool (*endpoint_fn)(struct request *request, struct problem *problem);

struct endpoint {
    enum http_method method; /* GET serves HEAD too */
    const char *pattern;     /* "{x}" is any one segment, "{x...}" all that remain */
    endpoint_fn handle;
    size_t body_len_max; /* 0: takes no body */
    unsigned log_kinds;
};

enum { ENDPOINTS_MAX = 32 };

/* All endpoints, for listings and metrics. */
const struct endpoint *endpoints(size_t *out_count);

/* Place of an endpoint in the table; the table's length for NULL. */
size_t endpoint_number(const struct endpoint *endpoint);

/*
 * Finds the endpoint of a request and its parameters. False with not-found, or with
 * method-not-allowed and the allowed methods in problem->want.
 */
MUST_USE bool route_find(struct request *request, struct problem *problem);

/* Finds the endpoint, checks the body against its limit and lets it answer. */
void route_dispatch(struct request *request);

#endif
