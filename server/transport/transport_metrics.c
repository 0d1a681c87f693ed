#include "server/transport/transport_metrics.h"

#include <stdio.h>

#include "server/transport/worker.h"

enum { LABELS_LEN_MAX = 160 };

static uint64_t sum_requests(const struct transport *transport, size_t endpoint, size_t slot)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < transport->worker_count; i++)
        sum += counter_value(&transport->workers[i].metrics.requests[endpoint][slot]);
    return sum;
}

static const char *endpoint_label(const struct role *role, size_t number)
{
    return number < role->endpoint_count ? role->endpoints[number].pattern : "none";
}

static void append_requests(struct buf *out, const struct transport *transport)
{
    char labels[LABELS_LEN_MAX];

    metrics_append_head(out, "vouch_http_requests_total", "counter", "Replies sent.");
    for (size_t endpoint = 0; endpoint <= transport->role->endpoint_count; endpoint++) {
        for (size_t slot = 0; slot < STATUS_SLOTS; slot++) {
            uint64_t value = sum_requests(transport, endpoint, slot);

            if (value == 0)
                continue;
            snprintf(labels, sizeof(labels), "route=\"%s\",code=\"%d\"",
                     endpoint_label(transport->role, endpoint), status_of_slot(slot));
            metrics_append_uint(out, "vouch_http_requests_total", labels, value);
        }
    }
}

static void append_durations(struct buf *out, const struct transport *transport)
{
    char labels[LABELS_LEN_MAX];

    metrics_append_head(out, "vouch_http_request_duration_seconds", "histogram",
                        "From the complete request to its reply.");
    for (size_t endpoint = 0; endpoint <= transport->role->endpoint_count; endpoint++) {
        struct histogram total = {0};

        for (size_t i = 0; i < transport->worker_count; i++)
            histogram_merge(&total, &transport->workers[i].metrics.durations[endpoint]);
        snprintf(labels, sizeof(labels), "route=\"%s\"", endpoint_label(transport->role, endpoint));
        if (counter_value(&total.sum) > 0)
            metrics_append_histogram(out, "vouch_http_request_duration_seconds", labels,
                                     &histogram_durations, &total);
    }
}

static void append_connections(struct buf *out, const struct transport *transport)
{
    uint64_t open = 0;
    uint64_t in_flight = 0;
    uint64_t accepted = 0;
    uint64_t cut = 0;

    for (size_t i = 0; i < transport->worker_count; i++) {
        open += atomic_load(&transport->workers[i].connection_count);
        in_flight += counter_value(&transport->workers[i].metrics.in_flight);
        accepted += counter_value(&transport->workers[i].metrics.connections_accepted);
        cut += counter_value(&transport->workers[i].metrics.connections_cut);
    }
    metrics_append_gauge(out, "vouch_http_in_flight", "Requests being answered.", in_flight);
    metrics_append_gauge(out, "vouch_http_connections", "Connections open now.", open);
    metrics_append_counter(out, "vouch_http_connections_accepted_total", "Connections accepted.",
                           accepted);
    metrics_append_counter(out, "vouch_http_connections_cut_total",
                           "Connections closed because of a deadline or a limit.", cut);
}

void transport_append_metrics(struct buf *out, const struct transport *transport)
{
    append_requests(out, transport);
    append_durations(out, transport);
    append_connections(out, transport);
}
