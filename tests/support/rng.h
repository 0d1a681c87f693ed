/* A small generator of pseudo-random numbers: the same seed gives the same numbers for ever. */
#ifndef VOUCH_TESTS_SUPPORT_RNG_H
#define VOUCH_TESTS_SUPPORT_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

/* From VOUCH_TEST_SEED in the environment, or else of the clock; prints it as "name: seed N". */
struct rng rng_seeded(const char *name);

struct rng rng_of(uint64_t seed);
uint64_t rng_next(struct rng *rng);

/* 0..limit - 1; limit >= 1. */
uint64_t rng_below(struct rng *rng, uint64_t limit);
void rng_fill(struct rng *rng, uint8_t *out, size_t len);

#endif
