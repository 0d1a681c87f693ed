/* Downloads a log's entry bundles, many at once, and feeds them to an audit in order. */
#ifndef VOUCH_CLIENT_READER_AUDIT_FOLLOW_H
#define VOUCH_CLIENT_READER_AUDIT_FOLLOW_H

#include "client/fetch/fetch.h"
#include "client/verify/audit.h"

enum {
    FOLLOW_WINDOW = 16,         /* bundles under way or waiting for their turn */
    FOLLOW_RETRY_MS = 60000,    /* how long one bundle is asked for again */
    FOLLOW_TIMEOUT_MS = 120000, /* for one bundle, up to 16 MiB */
};

/* Called after each bundle; false stops with err set. */
typedef bool (*follow_step_fn)(void *context, const struct audit *audit, struct err *err);

/*
 * Appends entries [audit->frontier.size, size). ERR_CORRUPT: what an entry or bundle holds is
 * wrong; ERR_NOT_FOUND: the log does not serve a bundle that its head promises; ERR_BUSY: it
 * could not be reached for FOLLOW_RETRY_MS. url as for fetch_open.
 */
MUST_USE bool audit_follow(struct audit *audit, const char *url, uint64_t size, follow_step_fn step,
                           void *context, struct err *err);

#endif
