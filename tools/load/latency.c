#include "tools/load/latency.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

void latency_init(struct latency *latency)
{
    *latency = (struct latency){.counts = mem_alloc_array(LATENCY_STEPS, sizeof(uint32_t))};
}

void latency_cleanup(struct latency *latency)
{
    free(latency->counts);
    *latency = (struct latency){0};
}

void latency_clear(struct latency *latency)
{
    memset(latency->counts, 0, LATENCY_STEPS * sizeof(uint32_t));
    latency->total = 0;
}

void latency_add(struct latency *latency, uint64_t duration_ns)
{
    uint64_t step = duration_ns / 1000 / LATENCY_STEP_US;

    latency->counts[step < LATENCY_STEPS ? step : LATENCY_STEPS - 1]++;
    latency->total++;
}

double latency_quantile_ms(const struct latency *latency, double share)
{
    uint64_t wanted = (uint64_t)((double)latency->total * share);
    uint64_t seen = 0;

    for (uint64_t step = 0; step < LATENCY_STEPS; step++) {
        seen += latency->counts[step];
        if (seen > wanted)
            return (double)((step + 1) * LATENCY_STEP_US) / 1000.0;
    }
    return latency->total == 0 ? 0.0 : (double)LATENCY_STEPS * LATENCY_STEP_US / 1000.0;
}
