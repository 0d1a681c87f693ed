/* GET /metrics: the state of the log and the daemon in Prometheus text format. */
#include "server/http/endpoints.h"

#include <stdio.h>
#include <string.h>

#include "server/anchoring/anchoring.h"
#include "server/http/head_view.h"
#include "server/http/refusals.h"
#include "server/http/writer.h"
#include "server/transport/reply.h"
#include "server/transport/transport_metrics.h"
#include "server/transport/worker.h"
#include "server/witnessing/witnessing.h"

enum { LABELS_LEN_MAX = 160 };

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
    metrics_append_gauge(out, "vouch_tree_size", "Entries in the published tree.", head->size);
    metrics_append_gauge(out, "vouch_tree_signed_size", "Entries under the newest signed head.",
                         head->size);
    metrics_append_head(out, "vouch_tree_head_timestamp_seconds", "gauge",
                        "Receive time of the newest commit.");
    metrics_append_double(out, "vouch_tree_head_timestamp_seconds", "",
                          (double)head->received_at_ms / 1000);
}

static void append_witnessed(struct buf *out, const struct witnessed_view *view)
{
    metrics_append_gauge(out, "vouch_tree_witnessed_size",
                         "Entries under the newest head that met the witness quorum.",
                         view->head.size);
    metrics_append_gauge(out, "vouch_tree_witnessed_timestamp_seconds",
                         "Time of the cosignature that completed its quorum.",
                         view->witnessed_at_ms / 1000);
    metrics_append_gauge(out, "vouch_witness_cosignatures", "Cosignatures of that head.",
                         view->cosigner_count);
}

/* A name of the policy file as a label value: what would end it, or is not ASCII, becomes '?'. */
static void format_labels(char labels[LABELS_LEN_MAX], const char *name, const char *result)
{
    char safe[64] = "";

    for (size_t i = 0; name[i] != 0 && i < sizeof(safe) - 1; i++)
        safe[i] = name[i] > ' ' && name[i] < 0x7f && strchr("\"\\", name[i]) == NULL ? name[i]
                                                                                    : '?';
    snprintf(labels, LABELS_LEN_MAX, "witness=\"%s\",result=\"%s\"", safe, result);
}

static void append_witnesses(struct buf *out, const struct service *service)
{
    struct witnessing_stats stats;
    char labels[LABELS_LEN_MAX];

    witnessing_get_stats(service->witnessing, &stats);
    metrics_append_head(out, "vouch_witness_requests_total", "counter",
                        "Requests for cosignatures, by what became of them.");
    for (size_t i = 0; i < stats.count; i++) {
        for (size_t k = 0; k < WITNESSING_RESULTS; k++) {
            format_labels(labels, stats.witnesses[i].name,
                          witnessing_result_name((enum witnessing_result)k));
            metrics_append_uint(out, "vouch_witness_requests_total", labels,
                                stats.witnesses[i].results[k]);
        }
    }
    append_histogram(out, "vouch_witness_delay_seconds",
                     "From the published head to its witness quorum.", &histogram_durations,
                     &service->witness_delay);
}

/* One row for each target. */
static void append_anchor_row(struct buf *out, const char *name,
                              const struct anchoring_stats *stats, double value)
{
    char labels[LABELS_LEN_MAX];

    snprintf(labels, sizeof(labels), "target=\"%s\",kind=\"%s\"", stats->target, stats->kind);
    metrics_append_double(out, name, labels, value);
}

static void append_anchors(struct buf *out, const struct anchoring *anchoring)
{
    struct anchoring_stats stats;

    metrics_append_head(out, "vouch_anchor_last_success_timestamp_seconds", "gauge",
                        "When the target last got a head; 0: never.");
    for (size_t i = 0; anchoring_get_stats(anchoring, i, &stats); i++)
        append_anchor_row(out, "vouch_anchor_last_success_timestamp_seconds", &stats,
                          (double)stats.latest_ms / 1000);
    metrics_append_head(out, "vouch_anchor_failures_total", "counter",
                        "Attempts to give a target a head that failed.");
    for (size_t i = 0; anchoring_get_stats(anchoring, i, &stats); i++)
        append_anchor_row(out, "vouch_anchor_failures_total", &stats, (double)stats.failures);
    metrics_append_head(out, "vouch_anchor_stale", "gauge",
                        "1 when a target that has something to get had no success for stale_s.");
    for (size_t i = 0; anchoring_get_stats(anchoring, i, &stats); i++)
        append_anchor_row(out, "vouch_anchor_stale", &stats, stats.is_stale);
}

static void append_writer(struct buf *out, struct writer *writer)
{
    const struct writer_metrics *metrics = writer_metrics(writer);

    metrics_append_counter(out, "vouch_entries_admitted_total", "Entries added to the tree.",
                           counter_value(&metrics->entries_added));
    metrics_append_counter(out, "vouch_entries_duplicate_total",
                           "Submissions that were in the log already.",
                           counter_value(&metrics->entries_duplicate));
    metrics_append_gauge(out, "vouch_read_only", "1 when the log signs nothing any more.",
                         writer_is_read_only(writer));
    metrics_append_gauge(out, "vouch_queue_depth", "Entries waiting for the writer.",
                         writer_queue_entries(writer));
    metrics_append_gauge(out, "vouch_queue_capacity", "Entries that may wait for the writer.",
                         writer_queue_entries_max(writer));
    append_histogram(out, "vouch_sequencing_batch_entries", "Entries of a batch.",
                     &histogram_entries, &metrics->batch_entries);
    append_histogram(out, "vouch_sequencing_duration_seconds", "Commit of a batch.",
                     &histogram_durations, &metrics->commit_duration);
    append_histogram(out, "vouch_publish_delay_seconds",
                     "From the complete request to the published head.", &histogram_durations,
                     &metrics->publish_delay);
    metrics_append_gauge(out, "vouch_store_bytes", "Bytes the store occupies.",
                         counter_value(&metrics->bytes_on_disk));
    metrics_append_gauge(out, "vouch_store_available_bytes", "Bytes free on its file system.",
                         counter_value(&metrics->bytes_available));
    metrics_append_counter(out, "vouch_store_errors_total", "Failed store operations.",
                           counter_value(&metrics->store_errors));
}

static void append_refused(struct buf *out, const struct transport *transport)
{
    char labels[LABELS_LEN_MAX];

    metrics_append_head(out, "vouch_admission_refused_total", "counter",
                        "Statements that were not admitted.");
    for (size_t kind = 1; kind < problem_kind_count(); kind++) {
        uint64_t sum = 0;

        for (size_t i = 0; i < transport->worker_count; i++)
            sum += counter_value(&transport->workers[i].state->counters.refused[kind]);
        snprintf(labels, sizeof(labels), "rule=\"%s\"", problem_code((enum problem_kind)kind));
        if (sum > 0)
            metrics_append_uint(out, "vouch_admission_refused_total", labels, sum);
    }
}

static void append_proofs(struct buf *out, const struct transport *transport)
{
    static const char *const labels[] = {"kind=\"inclusion\"", "kind=\"consistency\""};
    uint64_t requests[2] = {0};
    uint64_t failures[2] = {0};

    for (size_t i = 0; i < transport->worker_count; i++) {
        const struct tlog_counters *counters = &transport->workers[i].state->counters;

        for (size_t kind = 0; kind < 2; kind++) {
            requests[kind] += counter_value(&counters->proofs[kind]);
            failures[kind] += counter_value(&counters->proof_failures[kind]);
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

bool metrics_get(struct request *request, struct problem *problem)
{
    const struct transport *transport = request->service->transport;
    struct buf *body = request_body_buf(request);
    struct reply reply = {.status = 200, .media = MEDIA_METRICS, .cache_control = CACHE_NONE};

    (void)problem;
    append_tree(body, &request_head(request)->head);
    append_writer(body, request->service->writer);
    append_witnessed(body, request_witnessed(request));
    append_witnesses(body, request->service);
    append_anchors(body, request->service->anchoring);
    append_refused(body, transport);
    if (request->service->refusals != NULL)
        refusals_append_metrics(body, request->service->refusals);
    append_proofs(body, transport);
    metrics_append_gauge(body, "vouch_http_streams", "Clients that are told of entries now.",
                         atomic_load(&request->service->stream_count));
    transport_append_metrics(body, transport);
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
