/* GET /metrics: the state of the log and the daemon in Prometheus text format. */
#include "server/http/endpoints.h"

#include <stdio.h>

#include "server/http/head_view.h"
#include "server/http/refusals.h"
#include "server/http/reply.h"
#include "server/http/worker.h"
#include "server/http/writer.h"

enum { LABELS_LEN_MAX = 160 };

static void append_gauge(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metrics_append_head(out, name, "gauge", help);
    metrics_append_uint(out, name, "", value);
}

static void append_counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metrics_append_head(out, name, "counter", help);
    metrics_append_uint(out, name, "", value);
}

static void append_histogram(struct buf *out, const char *name, const char *help,
                             const struct histogram_scale *scale, const struct histogram *histogram)
{
    metrics_append_head(out, name, "histogram", help);
    metrics_append_histogram(out, name, "", scale, histogram);
}

static void append_tree(struct buf *out, const struct store_head *head)
{
    static const char version[] = "version=\"" VOUCH_VERSION "\"";

    metrics_append_head(out, "vouch_build_info", "gauge", "1, labelled with the version.");
    metrics_append_uint(out, "vouch_build_info", version, 1);
    append_gauge(out, "vouch_tree_size", "Entries in the published tree.", head->size);
    append_gauge(out, "vouch_tree_signed_size", "Entries under the newest signed head.",
                 head->size);
    metrics_append_head(out, "vouch_tree_head_timestamp_seconds", "gauge",
                        "Receive time of the newest commit.");
    metrics_append_double(out, "vouch_tree_head_timestamp_seconds", "",
                          (double)head->received_at_ms / 1000);
}

static void append_writer(struct buf *out, struct writer *writer)
{
    const struct writer_metrics *metrics = writer_metrics(writer);

    append_counter(out, "vouch_entries_admitted_total", "Entries added to the tree.",
                   counter_value(&metrics->entries_added));
    append_counter(out, "vouch_entries_duplicate_total",
                   "Submissions that were in the log already.",
                   counter_value(&metrics->entries_duplicate));
    append_gauge(out, "vouch_queue_depth", "Entries waiting for the writer.",
                 writer_queue_entries(writer));
    append_gauge(out, "vouch_queue_capacity", "Entries that may wait for the writer.",
                 writer_queue_entries_max(writer));
    append_histogram(out, "vouch_sequencing_batch_entries", "Entries of a batch.",
                     &histogram_entries, &metrics->batch_entries);
    append_histogram(out, "vouch_sequencing_duration_seconds", "Commit of a batch.",
                     &histogram_durations, &metrics->commit_duration);
    append_histogram(out, "vouch_publish_delay_seconds",
                     "From the complete request to the published head.", &histogram_durations,
                     &metrics->publish_delay);
    append_gauge(out, "vouch_store_bytes", "Bytes the store occupies.",
                 counter_value(&metrics->bytes_on_disk));
    append_gauge(out, "vouch_store_available_bytes", "Bytes free on its file system.",
                 counter_value(&metrics->bytes_available));
    append_counter(out, "vouch_store_errors_total", "Failed store operations.",
                   counter_value(&metrics->store_errors));
}

static uint64_t sum_requests(const struct service *service, size_t endpoint, size_t slot)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < service->worker_count; i++)
        sum += counter_value(&service->workers[i].metrics.requests[endpoint][slot]);
    return sum;
}

static const char *endpoint_label(size_t number)
{
    size_t count;
    const struct endpoint *all = endpoints(&count);

    return number < count ? all[number].pattern : "none";
}

static void append_requests(struct buf *out, const struct service *service)
{
    char labels[LABELS_LEN_MAX];
    size_t count;

    endpoints(&count);
    metrics_append_head(out, "vouch_http_requests_total", "counter", "Replies sent.");
    for (size_t endpoint = 0; endpoint <= count; endpoint++) {
        for (size_t slot = 0; slot < STATUS_SLOTS; slot++) {
            uint64_t value = sum_requests(service, endpoint, slot);

            if (value == 0)
                continue;
            snprintf(labels, sizeof(labels), "route=\"%s\",code=\"%d\"", endpoint_label(endpoint),
                     status_of_slot(slot));
            metrics_append_uint(out, "vouch_http_requests_total", labels, value);
        }
    }
}

static void append_durations(struct buf *out, const struct service *service)
{
    char labels[LABELS_LEN_MAX];
    size_t count;

    endpoints(&count);
    metrics_append_head(out, "vouch_http_request_duration_seconds", "histogram",
                        "From the complete request to its reply.");
    for (size_t endpoint = 0; endpoint <= count; endpoint++) {
        struct histogram total = {0};

        for (size_t i = 0; i < service->worker_count; i++)
            histogram_merge(&total, &service->workers[i].metrics.durations[endpoint]);
        snprintf(labels, sizeof(labels), "route=\"%s\"", endpoint_label(endpoint));
        if (counter_value(&total.sum) > 0)
            metrics_append_histogram(out, "vouch_http_request_duration_seconds", labels,
                                     &histogram_durations, &total);
    }
}

static void append_refused(struct buf *out, const struct service *service)
{
    char labels[LABELS_LEN_MAX];

    metrics_append_head(out, "vouch_admission_refused_total", "counter",
                        "Statements that were not admitted.");
    for (size_t kind = 1; kind < problem_kind_count(); kind++) {
        uint64_t sum = 0;

        for (size_t i = 0; i < service->worker_count; i++)
            sum += counter_value(&service->workers[i].metrics.refused[kind]);
        snprintf(labels, sizeof(labels), "rule=\"%s\"", problem_code((enum problem_kind)kind));
        if (sum > 0)
            metrics_append_uint(out, "vouch_admission_refused_total", labels, sum);
    }
}

static void append_proofs(struct buf *out, const struct service *service)
{
    static const char *const labels[] = {"kind=\"inclusion\"", "kind=\"consistency\""};
    uint64_t requests[2] = {0};
    uint64_t failures[2] = {0};

    for (size_t i = 0; i < service->worker_count; i++) {
        for (size_t kind = 0; kind < 2; kind++) {
            requests[kind] += counter_value(&service->workers[i].metrics.proofs[kind]);
            failures[kind] += counter_value(&service->workers[i].metrics.proof_failures[kind]);
        }
    }
    metrics_append_head(out, "vouch_proof_requests_total", "counter", "Proofs asked for.");
    for (size_t kind = 0; kind < 2; kind++)
        metrics_append_uint(out, "vouch_proof_requests_total", labels[kind], requests[kind]);
    metrics_append_head(out, "vouch_proof_failures_total", "counter",
                        "Proofs that the store could not give; must stay 0.");
    for (size_t kind = 0; kind < 2; kind++)
        metrics_append_uint(out, "vouch_proof_failures_total", labels[kind], failures[kind]);
}

static void append_connections(struct buf *out, const struct service *service)
{
    uint64_t open = 0;
    uint64_t in_flight = 0;
    uint64_t accepted = 0;
    uint64_t cut = 0;

    for (size_t i = 0; i < service->worker_count; i++) {
        open += atomic_load(&service->workers[i].connection_count);
        in_flight += counter_value(&service->workers[i].metrics.in_flight);
        accepted += counter_value(&service->workers[i].metrics.connections_accepted);
        cut += counter_value(&service->workers[i].metrics.connections_cut);
    }
    append_gauge(out, "vouch_http_in_flight", "Requests being answered.", in_flight);
    append_gauge(out, "vouch_http_connections", "Connections open now.", open);
    append_gauge(out, "vouch_http_streams", "Clients that are told of entries now.",
                 atomic_load(&service->stream_count));
    append_counter(out, "vouch_http_connections_accepted_total", "Connections accepted.", accepted);
    append_counter(out, "vouch_http_connections_cut_total",
                   "Connections closed because of a deadline or a limit.", cut);
}

bool metrics_get(struct request *request, struct problem *problem)
{
    struct buf *body = request_body_buf(request);
    struct reply reply = {.status = 200, .media = MEDIA_METRICS, .cache_control = CACHE_NONE};

    (void)problem;
    append_tree(body, &request_head(request)->head);
    append_writer(body, request->service->writer);
    append_refused(body, request->service);
    if (request->service->refusals != NULL)
        refusals_append_metrics(body, request->service->refusals);
    append_proofs(body, request->service);
    append_requests(body, request->service);
    append_durations(body, request->service);
    append_connections(body, request->service);
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
