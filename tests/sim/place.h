/* Where a simulated run is, so that a violated invariant can say it and the run be repeated. */
#ifndef VOUCH_TESTS_SIM_PLACE_H
#define VOUCH_TESTS_SIM_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"

struct place {
    uint64_t seed;
    unsigned step;
    const char *doing; /* the kind of step */
};

/*
 * When the invariant does not hold: prints "sim: seed=S step=N doing=... " and the sentence, and
 * ends the program with status 1 at once, since nothing that follows would mean anything.
 */
void require(const struct place *place, bool holds, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
