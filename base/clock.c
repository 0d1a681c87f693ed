#include "base/clock.h"

#include <time.h>

static uint64_t system_unix_ms(struct clock *clock)
{
    struct timespec now;

    (void)clock;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct clock *clock_system(void)
{
    static struct clock system = {.unix_ms = system_unix_ms};

    return &system;
}

uint64_t clock_unix_ms(struct clock *clock)
{
    return clock->unix_ms(clock);
}

uint64_t clock_monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
