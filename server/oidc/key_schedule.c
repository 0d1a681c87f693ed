#include "server/oidc/key_schedule.h"

uint64_t key_schedule_next_ms(const struct key_schedule *schedule)
{
    uint64_t earliest_ms = schedule->tried_at_ms + schedule->interval_ms;
    uint64_t old_at_ms = schedule->loaded_at_ms + schedule->lifetime_ms;

    if (!schedule->has_tried)
        return 0;
    if (schedule->is_wanted || schedule->has_failed || old_at_ms < earliest_ms)
        return earliest_ms;
    return old_at_ms;
}

void key_schedule_begin(struct key_schedule *schedule, uint64_t now_ms)
{
    schedule->tried_at_ms = now_ms;
    schedule->has_tried = true;
    schedule->is_loading = true;
    schedule->is_wanted = false;
}

void key_schedule_end(struct key_schedule *schedule, bool ok)
{
    schedule->is_loading = false;
    schedule->has_failed = !ok;
    if (ok) {
        schedule->has_loaded = true;
        schedule->loaded_at_ms = schedule->tried_at_ms;
    }
}

bool key_schedule_want(struct key_schedule *schedule, uint64_t now_ms)
{
    if (schedule->is_loading)
        return true;
    if (schedule->has_tried && now_ms < schedule->tried_at_ms + schedule->interval_ms)
        return false;
    schedule->is_wanted = true;
    return true;
}

void key_schedule_renew(struct key_schedule *schedule)
{
    schedule->is_wanted = true;
}

bool key_schedule_has_keys(const struct key_schedule *schedule, uint64_t now_ms)
{
    return schedule->has_loaded &&
           now_ms < schedule->loaded_at_ms + schedule->lifetime_ms + KEY_SCHEDULE_GRACE_MS;
}
