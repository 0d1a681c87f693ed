/* What keeps a writer from its work, told to the operator when it begins and when it is over. */
#ifndef VOUCH_SERVER_HTTP_WRITER_ALERTS_H
#define VOUCH_SERVER_HTTP_WRITER_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/http/writer_metrics.h"
#include "server/store/store.h"

/* Zeroed in the beginning. */
struct writer_alerts {
    /* under the writer's lock */
    bool is_queue_full;
    uint64_t queue_full_ns; /* when it refused last, monotonic */
    uint64_t refused_count; /* submissions, since it began to refuse */
    /* the writer's thread only */
    bool is_clock_back;
};

/*
 * A submission did not fit into the queue, in which are so many entries and bytes. Under the
 * writer's lock, on any thread.
 */
void writer_alerts_refuse(struct writer_alerts *alerts, size_t entries, size_t bytes);

/* The queue has refused nothing for a while: that is over. Under the writer's lock. */
void writer_alerts_check_queue(struct writer_alerts *alerts);

/* Sets whether less is free than wanted; says when that changes, and counts what there is. */
void writer_alerts_check_space(bool *is_low, struct store *store, uint64_t wanted_bytes,
                               struct writer_metrics *metrics);

/*
 * newest_ms: the receive time of the newest entry. A clock behind it gives the next ones that time
 * too, so a jump forth and back makes the log say one time for as long as it was.
 */
void writer_alerts_check_clock(struct writer_alerts *alerts, uint64_t now_ms, uint64_t newest_ms);

#endif
