#include "server/cosigning/meter.h"

enum { WAIT_MAX_S = 3600 };

#define SECOND_NS UINT64_C(1000000000)

struct meter_rate meter_rate_of(uint64_t count, uint64_t period_s, uint64_t burst_count)
{
    struct meter_rate rate = {0};

    if (count > 0) {
        rate.interval_ns = period_s * SECOND_NS / count;
        rate.burst_ns = rate.interval_ns * (burst_count > 0 ? burst_count : 1);
    }
    return rate;
}

/* One number for each meter, so that one exchange decides (the generic cell rate algorithm). */
bool meter_take(struct meter *meter, const struct meter_rate *rate, uint64_t now_ns,
                unsigned *out_wait_s)
{
    uint64_t due = atomic_load(&meter->due_ns);
    uint64_t next;

    if (rate->interval_ns == 0)
        return true;
    do {
        next = (due > now_ns ? due : now_ns) + rate->interval_ns;
        if (next - now_ns > rate->burst_ns) {
            uint64_t wait_s = (next - now_ns - rate->burst_ns) / SECOND_NS + 1;

            *out_wait_s = (unsigned)(wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S);
            return false;
        }
    } while (!atomic_compare_exchange_weak(&meter->due_ns, &due, next));
    return true;
}
