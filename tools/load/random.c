#include "tools/load/random.h"

uint64_t random_state_of(uint64_t seed, uint64_t user)
{
    return (seed * 0x9E3779B97F4A7C15u ^ user * 0xD1B54A32D192ED03u) | 1;
}

uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}
