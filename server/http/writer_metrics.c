#include "server/http/writer_metrics.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/diag.h"

void writer_metrics_add_batch(struct writer_metrics *metrics, const struct job_list *jobs,
                              uint64_t begin_ns)
{
    uint64_t now_ns = clock_monotonic_ns();
    size_t outcomes[TLOG_OUTCOMES] = {0};
    size_t count = 0;

    for (const struct job *job = jobs->first; job != NULL; job = job->next) {
        for (size_t i = 0; i < job->count; i++)
            outcomes[job->submissions[i].outcome]++;
        count += job->count;
        histogram_add(&metrics->publish_delay, &histogram_durations, now_ns - job->received_ns);
    }
    counter_add(&metrics->entries_added, outcomes[TLOG_ADDED]);
    counter_add(&metrics->entries_duplicate, outcomes[TLOG_DUPLICATE]);
    counter_add(&metrics->entries_refused, outcomes[TLOG_REFUSED]);
    histogram_add(&metrics->batch_entries, &histogram_entries, count);
    histogram_add(&metrics->commit_duration, &histogram_durations, now_ns - begin_ns);
    diag_debug("committed", "entries=%zu added=%zu us=%" PRIu64, count, outcomes[TLOG_ADDED],
               (now_ns - begin_ns) / 1000);
}
