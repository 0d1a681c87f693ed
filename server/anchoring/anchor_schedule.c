#include "server/anchoring/anchor_schedule.h"

uint64_t anchor_due_in_ms(uint64_t latest_ms, uint64_t interval_ms, uint64_t now_ms)
{
    if (latest_ms == 0 || now_ms < latest_ms || now_ms - latest_ms >= interval_ms)
        return 0;
    return interval_ms - (now_ms - latest_ms);
}

uint64_t anchor_pause_ms(uint64_t *window_ms, uint64_t first_ms, uint64_t most_ms, uint32_t random)
{
    uint64_t window = *window_ms == 0 ? first_ms : *window_ms;

    *window_ms = window * 2 < most_ms ? window * 2 : most_ms;
    return window / 2 + random % (window / 2 + 1);
}

bool anchor_has_news(const struct anchor_growth *seen, const struct anchor_growth *now)
{
    return now->size > seen->size && now->size - seen->size > now->own - seen->own;
}
