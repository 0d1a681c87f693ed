/*
 * When the keys of a provider are loaded, as a function of times alone: when they are old, soon
 * again after a failure, and once when a token names a key that is not among them. Never more often
 * than once in an interval, whatever tokens arrive.
 */
#ifndef VOUCH_SERVER_OIDC_KEY_SCHEDULE_H
#define VOUCH_SERVER_OIDC_KEY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* Keys that cannot be renewed are used this much longer than their lifetime, then no more. */
enum { KEY_SCHEDULE_GRACE_MS = 24 * 3600 * 1000 };

/* Times in milliseconds of one clock that only grows. Set the first two, zero the rest. */
struct key_schedule {
    uint64_t lifetime_ms; /* keys of this age are loaded anew */
    uint64_t interval_ms; /* at least, between the beginnings of two attempts */
    uint64_t tried_at_ms;
    uint64_t loaded_at_ms; /* beginning of the last attempt that succeeded */
    bool has_tried;
    bool has_loaded;
    bool has_failed; /* the last attempt */
    bool is_loading;
    bool is_wanted;
};

/* When the next attempt is due. */
uint64_t key_schedule_next_ms(const struct key_schedule *schedule);

void key_schedule_begin(struct key_schedule *schedule, uint64_t now_ms);
void key_schedule_end(struct key_schedule *schedule, bool ok);

/*
 * A token names a key that is not there. Whether an attempt is under way or now due that may find
 * it; otherwise the keys are fresh enough to say that it does not exist.
 */
bool key_schedule_want(struct key_schedule *schedule, uint64_t now_ms);

/* The operator asks for a load: as soon as the interval allows, also while one is under way. */
void key_schedule_renew(struct key_schedule *schedule);

/* Whether there are keys, and not too old ones. */
bool key_schedule_has_keys(const struct key_schedule *schedule, uint64_t now_ms);

#endif
