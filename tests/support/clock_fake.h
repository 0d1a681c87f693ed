/* A clock that shows what the test says. */
#ifndef VOUCH_TESTS_SUPPORT_CLOCK_FAKE_H
#define VOUCH_TESTS_SUPPORT_CLOCK_FAKE_H

#include "base/clock.h"

struct clock_fake {
    struct clock clock;
    uint64_t now_ms;
    uint64_t tick_ms;  /* added after each reading; 0: the clock stands still */
    uint64_t readings; /* so far */
};

void clock_fake_init(struct clock_fake *fake, uint64_t now_ms);

#endif
