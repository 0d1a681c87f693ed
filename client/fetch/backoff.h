/* How long to wait before the next attempt: exponential, with jitter, never less than asked for. */
#ifndef VOUCH_CLIENT_FETCH_BACKOFF_H
#define VOUCH_CLIENT_FETCH_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 10000 };

/* A zeroed struct has made no attempt yet. */
struct backoff {
    unsigned attempt;
};

/*
 * Milliseconds until the next attempt: drawn by `random` (any 32 bits) from the upper half of a
 * window that doubles from BACKOFF_FIRST_MS to BACKOFF_MAX_MS; retry_after_s, if larger, counts
 * as the least, with up to a quarter on top so that many clients do not return as one.
 */
uint64_t backoff_next_ms(struct backoff *backoff, unsigned retry_after_s, uint32_t random);

#endif
