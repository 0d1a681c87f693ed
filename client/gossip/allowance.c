#include "client/gossip/allowance.h"

enum { MINUTE_MS = 60000 };

void allowance_init(struct allowance *allowance, uint64_t burst, uint64_t now_ms)
{
    *allowance = (struct allowance){.thousandths = burst * 1000, .filled_ms = now_ms};
}

bool allowance_take(struct allowance *allowance, uint64_t burst, uint64_t per_minute,
                    uint64_t now_ms)
{
    uint64_t elapsed_ms = now_ms > allowance->filled_ms ? now_ms - allowance->filled_ms : 0;
    uint64_t missing = burst * 1000 - allowance->thousandths;
    uint64_t filled;

    /* Longer than it takes to fill up makes no difference, and must not overflow. */
    if (elapsed_ms / MINUTE_MS > burst)
        elapsed_ms = burst * MINUTE_MS;
    filled = elapsed_ms * per_minute * 1000 / MINUTE_MS;
    allowance->thousandths += filled < missing ? filled : missing;
    allowance->filled_ms = now_ms;
    if (allowance->thousandths < 1000)
        return false;
    allowance->thousandths -= 1000;
    return true;
}
