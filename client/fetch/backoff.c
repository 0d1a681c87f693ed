#include "client/fetch/backoff.h"

uint64_t backoff_next_ms(struct backoff *backoff, unsigned retry_after_s, uint32_t random)
{
    uint64_t window = BACKOFF_MAX_MS;
    uint64_t wanted = (uint64_t)retry_after_s * 1000;
    uint64_t wait;

    if (backoff->attempt < 7)
        window = (uint64_t)BACKOFF_FIRST_MS << backoff->attempt;
    if (window > BACKOFF_MAX_MS)
        window = BACKOFF_MAX_MS;
    backoff->attempt++;
    wait = window / 2 + random % (window / 2 + 1);
    if (wait >= wanted)
        return wait;
    return wanted + random % (wanted / 4 + 1);
}
