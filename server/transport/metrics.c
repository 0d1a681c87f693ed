#include "server/transport/metrics.h"

#include <inttypes.h>

const struct histogram_scale histogram_durations = {
    .bounds = {50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 25000000,
               50000000, 100000000, 250000000, 1000000000, 5000000000},
    .scale = 1e-9,
};

const struct histogram_scale histogram_entries = {
    .bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096},
    .scale = 1,
};

void histogram_add(struct histogram *histogram, const struct histogram_scale *scale, uint64_t value)
{
    size_t bucket = 0;

    while (bucket < HISTOGRAM_BOUNDS && value > scale->bounds[bucket])
        bucket++;
    counter_add(&histogram->buckets[bucket], 1);
    counter_add(&histogram->sum, value);
}

void histogram_merge(struct histogram *total, const struct histogram *part)
{
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
        counter_add(&total->buckets[i], counter_value(&part->buckets[i]));
    counter_add(&total->sum, counter_value(&part->sum));
}

void metrics_append_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_append_label(struct buf *out, const char *name, const char *value)
{
    buf_append_format(out, "%s=\"", name);
    for (; *value != 0; value++) {
        if (*value == '\n') {
            buf_append_text(out, "\\n");
            continue;
        }
        if (*value == '"' || *value == '\\')
            buf_append_byte(out, '\\');
        buf_append_byte(out, (uint8_t)*value);
    }
    buf_append_byte(out, '"');
}

static void append_name(struct buf *out, const char *name, const char *labels)
{
    buf_append_text(out, name);
    if (labels[0] != 0)
        buf_append_format(out, "{%s}", labels);
}

void metrics_append_uint(struct buf *out, const char *name, const char *labels, uint64_t value)
{
    append_name(out, name, labels);
    buf_append_format(out, " %" PRIu64 "\n", value);
}

void metrics_append_double(struct buf *out, const char *name, const char *labels, double value)
{
    append_name(out, name, labels);
    buf_append_format(out, " %.15g\n", value);
}

void metrics_append_gauge(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metrics_append_head(out, name, "gauge", help);
    metrics_append_uint(out, name, "", value);
}

void metrics_append_counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metrics_append_head(out, name, "counter", help);
    metrics_append_uint(out, name, "", value);
}

void metrics_append_histogram(struct buf *out, const char *name, const char *labels,
                              const struct histogram_scale *scale,
                              const struct histogram *histogram)
{
    const char *comma = labels[0] == 0 ? "" : ",";
    uint64_t count = 0;

    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        count += counter_value(&histogram->buckets[i]);
        buf_append_format(out, "%s_bucket{%s%sle=\"%.9g\"} %" PRIu64 "\n", name, labels, comma,
                          (double)scale->bounds[i] * scale->scale, count);
    }
    count += counter_value(&histogram->buckets[HISTOGRAM_BOUNDS]);
    buf_append_format(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, count);
    buf_append_format(out, "%s_sum", name);
    append_name(out, "", labels);
    buf_append_format(out, " %.9g\n", (double)counter_value(&histogram->sum) * scale->scale);
    buf_append_format(out, "%s_count", name);
    append_name(out, "", labels);
    buf_append_format(out, " %" PRIu64 "\n", count);
}
