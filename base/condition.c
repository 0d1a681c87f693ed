#include "base/condition.h"

#include "base/check.h"
#include "base/clock.h"

void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(condition, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

struct timespec condition_deadline(uint64_t ms)
{
    uint64_t ns = clock_monotonic_ns() + ms * 1000000;

    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000)};
}
