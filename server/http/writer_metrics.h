/* What the writer counts and measures. */
#ifndef VOUCH_SERVER_HTTP_WRITER_METRICS_H
#define VOUCH_SERVER_HTTP_WRITER_METRICS_H

#include "server/http/job.h"
#include "server/transport/metrics.h"

/* Written by the writer's thread, read by any. */
struct writer_metrics {
    struct counter entries_added;
    struct counter entries_duplicate;
    struct counter entries_refused;
    struct histogram batch_entries;
    struct histogram commit_duration;
    struct histogram publish_delay;
    struct counter bytes_on_disk;
    struct counter bytes_available;
    struct counter store_errors;
};

/* Adds a batch, committed and published now, on which work began at begin_ns (monotonic). */
void writer_metrics_add_batch(struct writer_metrics *metrics, const struct job_list *jobs,
                              uint64_t begin_ns);

#endif
