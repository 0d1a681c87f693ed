/* Downloads a log's entry bundles, many at once, and takes them in order, as audits want them. */
#ifndef VOUCH_CLIENT_READER_AUDIT_FOLLOW_H
#define VOUCH_CLIENT_READER_AUDIT_FOLLOW_H

#include <stdatomic.h>

#include "client/fetch/fetch.h"

enum {
    FOLLOW_WINDOW = 16,         /* bundles under way or waiting for their turn */
    FOLLOW_RETRY_MS = 60000,    /* how long one bundle is asked for again */
    FOLLOW_TIMEOUT_MS = 120000, /* for one bundle, up to 16 MiB */
};

/* Of its first `count` entries those after `skip` are wanted; the first of these has begin_index. */
struct followed_bundle {
    struct bytes content;
    uint64_t begin_index;
    size_t skip;
    size_t count;
};

/* Called in the order of the log; false stops with err set. */
typedef bool (*follow_take_fn)(void *context, const struct followed_bundle *bundle,
                               struct err *err);

struct follow_options {
    const char *url;   /* as for fetch_open */
    uint64_t begin;    /* the bundles of entries [begin, end) */
    uint64_t end;
    uint64_t size;     /* of the tree whose bundles are asked for; at least end */
    unsigned retry_ms; /* how long one bundle is asked for again */
    unsigned window;   /* bundles in memory at a time, 1..FOLLOW_WINDOW; 0: so many */
    const atomic_bool *stop; /* gives up, with ERR_BUSY, when it becomes true; NULL: never */
    follow_take_fn take;
    void *context;
};

/*
 * ERR_NOT_FOUND: the log does not serve a bundle that its head promises; ERR_BUSY: it could not be
 * reached for retry_ms.
 */
MUST_USE bool bundles_follow(const struct follow_options *options, struct err *err);

#endif
