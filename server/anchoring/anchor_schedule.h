/* When a head is taken to a target: pure functions of Unix times, in milliseconds. */
#ifndef VOUCH_SERVER_ANCHORING_ANCHOR_SCHEDULE_H
#define VOUCH_SERVER_ANCHORING_ANCHOR_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How long until the interval since latest_ms (0: never) is over; 0: it is. A clock that was set
 * back ends it, so that nobody waits for years.
 */
uint64_t anchor_due_in_ms(uint64_t latest_ms, uint64_t interval_ms, uint64_t now_ms);

/*
 * The pause after a failure: drawn by `random` (any 32 bits) from the upper half of *window_ms,
 * which then doubles up to most_ms. 0 in *window_ms: the first one, which is first_ms.
 */
uint64_t anchor_pause_ms(uint64_t *window_ms, uint64_t first_ms, uint64_t most_ms,
                         uint32_t random);

/* What a log has added since a success, and what of that it said of anchors itself. */
struct anchor_growth {
    uint64_t size; /* of the tree */
    uint64_t own;  /* entries that were added because of anchors */
};

/* Whether there is something since `seen` that is not about anchors. */
bool anchor_has_news(const struct anchor_growth *seen, const struct anchor_growth *now);

#endif
