#include "server/http/writer_alerts.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/diag.h"

enum {
    QUEUE_CALM_S = 10,         /* without a refusal, so that load in waves is told once */
    CLOCK_BACK_MAX_MS = 60000, /* as clocks are corrected now and then */
};

void writer_alerts_refuse(struct writer_alerts *alerts, size_t entries, size_t bytes)
{
    alerts->queue_full_ns = clock_monotonic_ns();
    alerts->refused_count++;
    if (alerts->is_queue_full)
        return;
    alerts->is_queue_full = true;
    diag_warn("queue-full", "entries=%zu bytes=%zu", entries, bytes);
}

void writer_alerts_check_queue(struct writer_alerts *alerts)
{
    if (!alerts->is_queue_full ||
        clock_monotonic_ns() - alerts->queue_full_ns < (uint64_t)QUEUE_CALM_S * 1000000000)
        return;
    diag_info("queue-again", "refused=%" PRIu64, alerts->refused_count);
    alerts->is_queue_full = false;
    alerts->refused_count = 0;
}

void writer_alerts_check_space(bool *is_low, struct store *store, uint64_t wanted_bytes,
                               struct writer_metrics *metrics)
{
    struct store_stats stats = {0};
    struct err err = {0};
    bool low;

    if (!store_stats(store, &stats, &err)) {
        counter_add(&metrics->store_errors, 1);
        diag_warn("store-stats-failed", "%s", err.text);
        return;
    }
    counter_set(&metrics->bytes_on_disk, stats.bytes_on_disk);
    counter_set(&metrics->bytes_available, stats.bytes_available);
    low = stats.bytes_available < wanted_bytes;
    if (low != *is_low)
        diag_warn(low ? "low-space" : "space-again", "available=%" PRIu64 " wanted=%" PRIu64,
                  stats.bytes_available, wanted_bytes);
    *is_low = low;
}

void writer_alerts_check_clock(struct writer_alerts *alerts, uint64_t now_ms, uint64_t newest_ms)
{
    bool is_back = now_ms + (alerts->is_clock_back ? 0 : CLOCK_BACK_MAX_MS) < newest_ms;

    if (is_back && !alerts->is_clock_back)
        diag_error("clock-back", "now_ms=%" PRIu64 " newest_ms=%" PRIu64, now_ms, newest_ms);
    if (!is_back && alerts->is_clock_back)
        diag_info("clock-again", "now_ms=%" PRIu64, now_ms);
    alerts->is_clock_back = is_back;
}
