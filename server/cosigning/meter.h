/* Meters: how often something may happen, with bursts. Any thread. */
#ifndef VOUCH_SERVER_COSIGNING_METER_H
#define VOUCH_SERVER_COSIGNING_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A zeroed meter has its whole burst. */
struct meter {
    _Atomic uint64_t due_ns; /* monotonic: when all that happened is made up for */
};

struct meter_rate {
    uint64_t interval_ns; /* between two, on average; 0: no limit */
    uint64_t burst_ns;    /* intervals that may be ahead of time, in all */
};

/* count in a period, of which burst_count may come at once. */
struct meter_rate meter_rate_of(uint64_t count, uint64_t period_s, uint64_t burst_count);

/* Counts one; false, with *out_wait_s at least 1, when it comes too early. */
bool meter_take(struct meter *meter, const struct meter_rate *rate, uint64_t now_ns,
                unsigned *out_wait_s);

#endif
