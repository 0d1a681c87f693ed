/* Time, handed in so that tests and the simulator can be its master. */
#ifndef VOUCH_BASE_CLOCK_H
#define VOUCH_BASE_CLOCK_H

#include <stdint.h>

/* The seam: the system's clock, or a fake one in tests. */
struct clock {
    /* Unix time in milliseconds, UTC. May stand still or jump, also backwards. */
    uint64_t (*unix_ms)(struct clock *clock);
};

/* The operating system's real-time clock; never freed. */
struct clock *clock_system(void);

uint64_t clock_unix_ms(struct clock *clock);

/* Nanoseconds that only ever grow, for measuring durations. */
uint64_t clock_monotonic_ns(void);

#endif
