/* Latencies counted in fixed steps of 10 microseconds, up to 20 seconds. */
#ifndef VOUCH_TOOLS_LOAD_LATENCY_H
#define VOUCH_TOOLS_LOAD_LATENCY_H

#include <stdint.h>

enum { LATENCY_STEP_US = 10, LATENCY_STEPS = 2000000 };

struct latency {
    uint32_t *counts; /* LATENCY_STEPS of them; the last also holds everything slower */
    uint64_t total;
};

void latency_init(struct latency *latency);
void latency_cleanup(struct latency *latency);
void latency_clear(struct latency *latency);
void latency_add(struct latency *latency, uint64_t duration_ns);

/* The duration not exceeded by this share of all, in milliseconds; share in 0..1. */
double latency_quantile_ms(const struct latency *latency, double share);

#endif
