/* Numbers that look random and are the same for the same seed: xorshift, one state a user. */
#ifndef VOUCH_TOOLS_LOAD_RANDOM_H
#define VOUCH_TOOLS_LOAD_RANDOM_H

#include <stdint.h>

/* A state for a seed and for one of the seed's users. */
uint64_t random_state_of(uint64_t seed, uint64_t user);
uint64_t random_next(uint64_t *state);

#endif
