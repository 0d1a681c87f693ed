/*
 * Counters and histograms, each written by one thread and read by any: no locked instruction in
 * a request's path. Text in Prometheus exposition format 0.0.4.
 */
#ifndef VOUCH_SERVER_TRANSPORT_METRICS_H
#define VOUCH_SERVER_TRANSPORT_METRICS_H

#include <stdatomic.h>

#include "base/bytes.h"

/* Only its one owner adds. */
struct counter {
    _Atomic uint64_t value;
};

static inline uint64_t counter_value(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

static inline void counter_add(struct counter *counter, uint64_t amount)
{
    atomic_store_explicit(&counter->value, counter_value(counter) + amount, memory_order_relaxed);
}

/* A gauge kept in a counter: its owner sets it. */
static inline void counter_set(struct counter *counter, uint64_t value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

enum { HISTOGRAM_BOUNDS = 14 };

/* Upper bounds of the buckets, ascending; scale turns a value into the unit that is shown. */
struct histogram_scale {
    uint64_t bounds[HISTOGRAM_BOUNDS];
    double scale;
};

extern const struct histogram_scale histogram_durations; /* nanoseconds, shown as seconds */
extern const struct histogram_scale histogram_entries;   /* entries of a batch */

/* A zeroed struct is an empty histogram. */
struct histogram {
    struct counter buckets[HISTOGRAM_BOUNDS + 1]; /* the last one: above all bounds */
    struct counter sum;
};

void histogram_add(struct histogram *histogram, const struct histogram_scale *scale,
                   uint64_t value);

/* The sum of several threads' histograms; total is not shared. */
void histogram_merge(struct histogram *total, const struct histogram *part);

/* "# HELP" and "# TYPE" lines; type is counter, gauge or histogram. */
void metrics_append_head(struct buf *out, const char *name, const char *type, const char *help);
/* name="value", as a label must be written. */
void metrics_append_label(struct buf *out, const char *name, const char *value);
/* One sample; labels without braces, may be "". */
void metrics_append_uint(struct buf *out, const char *name, const char *labels, uint64_t value);
void metrics_append_double(struct buf *out, const char *name, const char *labels, double value);
/* Head and one sample without labels. */
void metrics_append_gauge(struct buf *out, const char *name, const char *help, uint64_t value);
void metrics_append_counter(struct buf *out, const char *name, const char *help, uint64_t value);
/* Buckets, sum and count. */
void metrics_append_histogram(struct buf *out, const char *name, const char *labels,
                              const struct histogram_scale *scale,
                              const struct histogram *histogram);

#endif
