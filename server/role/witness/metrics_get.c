/* GET /metrics: the state of the witness in Prometheus text format. */
#include "server/role/witness/endpoints.h"

#include <stdio.h>

#include "server/transport/reply.h"
#include "server/transport/transport_metrics.h"
#include "server/transport/worker.h"

enum { LABELS_LEN_MAX = 64 };

static const char REQUESTS[] = "vouch_cosigner_requests_total";

static struct witness_counters sum_counters(const struct transport *transport)
{
    struct witness_counters sum = {0};

    for (size_t i = 0; i < transport->worker_count; i++) {
        const struct witness_counters *part = &transport->workers[i].state->counters;

        for (size_t finding = 0; finding < FINDINGS; finding++)
            counter_add(&sum.findings[finding], counter_value(&part->findings[finding]));
        counter_add(&sum.limited, counter_value(&part->limited));
        counter_add(&sum.failed, counter_value(&part->failed));
    }
    return sum;
}

static void append_result(struct buf *out, const char *result, const struct counter *counter)
{
    char labels[LABELS_LEN_MAX];

    snprintf(labels, sizeof(labels), "result=\"%s\"", result);
    metrics_append_uint(out, REQUESTS, labels, counter_value(counter));
}

static void append_requests(struct buf *out, const struct transport *transport)
{
    struct witness_counters sum = sum_counters(transport);

    metrics_append_head(out, REQUESTS, "counter", "Checkpoints sent to be cosigned, by result.");
    for (size_t finding = 0; finding < FINDINGS; finding++)
        append_result(out, finding_name((enum examine_finding)finding), &sum.findings[finding]);
    append_result(out, "limited", &sum.limited);
    append_result(out, "failed", &sum.failed);
}

static void append_commits(struct buf *out, const struct committer_metrics *metrics)
{
    metrics_append_counter(out, "vouch_cosigner_stale_total",
                           "Checkpoints that were examined again: another one came first.",
                           counter_value(&metrics->stale));
    metrics_append_head(out, "vouch_cosigner_batch_checkpoints", "histogram",
                        "Checkpoints put on disk together.");
    metrics_append_histogram(out, "vouch_cosigner_batch_checkpoints", "", &histogram_entries,
                             &metrics->batch_checkpoints);
    metrics_append_head(out, "vouch_cosigner_commit_duration_seconds", "histogram",
                        "Putting them on disk.");
    metrics_append_histogram(out, "vouch_cosigner_commit_duration_seconds", "",
                             &histogram_durations, &metrics->commit_duration);
}

bool witness_metrics_get(struct request *request, struct problem *problem)
{
    static const char version[] = "version=\"" VOUCH_VERSION "\"";
    const struct service *service = request->service;
    const struct log_list *list =
        (const struct log_list *)snapshot_view_refresh(&request->worker->state->logs);
    struct buf *body = request_body_buf(request);
    struct reply reply = {.status = 200, .media = MEDIA_METRICS, .cache_control = CACHE_NONE};

    (void)problem;
    metrics_append_head(body, "vouch_build_info", "gauge", "1, labelled with the version.");
    metrics_append_uint(body, "vouch_build_info", version, 1);
    metrics_append_gauge(body, "vouch_cosigner_logs", "Logs on the list.", list->count);
    metrics_append_gauge(body, "vouch_cosigner_logs_cosigned",
                         "Logs of which a checkpoint was ever cosigned.",
                         ledger_count(service->ledger));
    append_requests(body, service->transport);
    append_commits(body, committer_metrics(service->committer));
    if (service->gossip != NULL)
        gossip_append_metrics(body, service->gossip);
    transport_append_metrics(body, service->transport);
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
