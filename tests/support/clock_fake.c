#include "tests/support/clock_fake.h"

static uint64_t fake_unix_ms(struct clock *clock)
{
    struct clock_fake *fake = (struct clock_fake *)clock;
    uint64_t now_ms = fake->now_ms;

    fake->now_ms += fake->tick_ms;
    fake->readings++;
    return now_ms;
}

void clock_fake_init(struct clock_fake *fake, uint64_t now_ms)
{
    *fake = (struct clock_fake){.clock = {.unix_ms = fake_unix_ms}, .now_ms = now_ms};
}
