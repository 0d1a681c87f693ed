/* A fetcher that answers so many requests, and every further one as a log that is overloaded. */
#ifndef VOUCH_TESTS_SUPPORT_FETCHER_FAILING_H
#define VOUCH_TESTS_SUPPORT_FETCHER_FAILING_H

#include "client/fetch/fetch.h"

enum { FETCHER_FAILING_WAITING_MAX = 64 };

struct fetcher_failing {
    struct fetcher fetcher; /* to be given away; fetch_close does not close what lies below */
    struct fetcher *below;  /* borrowed */
    size_t answers_left;
    struct fetch_request waiting[FETCHER_FAILING_WAITING_MAX]; /* to be told that it fails */
    size_t waiting_count;
};

void fetcher_failing_init(struct fetcher_failing *out, struct fetcher *below);

#endif
