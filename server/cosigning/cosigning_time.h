/* The time a cosignature states, by a clock that may be wrong. */
#ifndef VOUCH_SERVER_COSIGNING_COSIGNING_TIME_H
#define VOUCH_SERVER_COSIGNING_COSIGNING_TIME_H

#include <stdbool.h>
#include <stdint.h>

enum { COSIGNING_TIME_BACK_MAX_S = 60 };

/*
 * A cosignature says that at its time the tree was the largest seen, so one of a larger tree is
 * never of an earlier time. A clock that went back by little is waited for by standing still; false
 * when it went back by more than COSIGNING_TIME_BACK_MAX_S, or shows no time at all.
 */
static inline bool cosigning_time(uint64_t *out_s, uint64_t now_s, uint64_t last_s)
{
    *out_s = now_s > last_s ? now_s : last_s;
    return now_s > 0 && *out_s - now_s <= COSIGNING_TIME_BACK_MAX_S;
}

#endif
