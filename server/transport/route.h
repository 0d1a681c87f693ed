/* Which endpoint of a role answers a request. */
#ifndef VOUCH_SERVER_TRANSPORT_ROUTE_H
#define VOUCH_SERVER_TRANSPORT_ROUTE_H

#include "server/transport/request.h"

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
    unsigned variants;   /* of the role that have it, as bits */
};

enum { ENDPOINTS_MAX = 32 };

/* Place of an endpoint in the role's table; the table's length for NULL. */
size_t endpoint_number(const struct role *role, const struct endpoint *endpoint);

/*
 * Finds the endpoint of a request and its parameters. False with not-found, or with
 * method-not-allowed and the allowed methods in problem->want.
 */
MUST_USE bool route_find(struct request *request, struct problem *problem);

/* Finds the endpoint, checks the body against its limit and lets it answer. */
void route_dispatch(struct request *request);

#endif
