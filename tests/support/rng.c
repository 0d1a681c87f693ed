#include "tests/support/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct rng rng_of(uint64_t seed)
{
    return (struct rng){.state = seed};
}

struct rng rng_seeded(const char *name)
{
    const char *given = getenv("VOUCH_TEST_SEED");
    struct timespec now;
    uint64_t seed;

    clock_gettime(CLOCK_REALTIME, &now);
    seed = given != NULL ? strtoull(given, NULL, 10)
                         : (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    printf("%s: seed %" PRIu64 "\n", name, seed);
    return rng_of(seed);
}

/* splitmix64: a counter put through a mixing function that is one to one. */
uint64_t rng_next(struct rng *rng)
{
    uint64_t mixed = rng->state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

uint64_t rng_below(struct rng *rng, uint64_t limit)
{
    return rng_next(rng) % limit;
}

void rng_fill(struct rng *rng, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)rng_next(rng);
}
