/*
 * Telling somebody by a webhook what a monitor has found: every alert that the keeper has, in
 * order, until the receiver takes it. A thread for each; the monitor never waits for one.
 */
#ifndef VOUCH_CLIENT_MONITOR_COURIER_H
#define VOUCH_CLIENT_MONITOR_COURIER_H

#include "client/fetch/post.h"
#include "client/monitor/keeper.h"

enum { COURIER_RETRY_FIRST_MS = 1000, COURIER_RETRY_MOST_MS = 300000 };

struct courier_options {
    struct keeper *keeper; /* borrowed, like all that follows */
    struct poster *poster;
    const char *url;
    const char *secret_file;
    uint64_t retry_first_ms; /* after a failed attempt; doubles up to retry_most_ms */
    uint64_t retry_most_ms;
};

struct courier;

/* Goes on behind the last alert that this URL has taken. */
MUST_USE bool courier_start(struct courier **out, const struct courier_options *options,
                            struct err *err);

/* There may be more alerts. Any thread; never blocks long. Accepts NULL. */
void courier_wake(struct courier *courier);

/* What was taken, and what the receiver refused for good, since the start. */
uint64_t courier_delivered(const struct courier *courier);
uint64_t courier_refused(const struct courier *courier);

/* Waits until everything there is has been taken, or so long. */
void courier_finish(struct courier *courier, uint64_t ms);

/* It ends as soon as it can; nobody waits for it. Any thread; accepts NULL. */
void courier_end(struct courier *courier);

/* Ends at once; what was not taken is tried after the next start. Accepts NULL. */
void courier_stop(struct courier *courier);

#endif
