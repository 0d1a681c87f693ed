/* GET /metrics: how the log stands, in Prometheus text format. */
#include "server/role/monitor/endpoints.h"

#include <stdio.h>

#include "server/transport/metrics.h"
#include "server/transport/reply.h"
#include "server/transport/transport_metrics.h"

enum { LABELS_LEN_MAX = 64 };

static const char CHECKS[] = "vouch_monitor_consistency_checks_total";
static const char FINDINGS[] = "vouch_monitor_findings";
static const char ALERTS[] = "vouch_monitor_alerts_total";

static void append_heads(struct buf *out, const struct monitor_figures *figures)
{
    metrics_append_gauge(out, "vouch_monitor_head_size", "Size of the newest accepted head.",
                         figures->head_size);
    metrics_append_gauge(out, "vouch_monitor_verified_size",
                         "Entries that were verified and lead to an accepted head.",
                         figures->verified_size);
    metrics_append_head(out, "vouch_monitor_head_age_seconds", "gauge",
                        "Since the last new head, as of the last look.");
    metrics_append_double(out, "vouch_monitor_head_age_seconds", "",
                          (double)figures->head_age_ms / 1000);
    metrics_append_head(out, CHECKS, "counter", "Heads held against those accepted before.");
    metrics_append_uint(out, CHECKS, "result=\"consistent\"", figures->consistent_heads);
    metrics_append_uint(out, CHECKS, "result=\"inconsistent\"", figures->inconsistent_heads);
    metrics_append_counter(out, "vouch_monitor_split_view_total",
                           "Alerts of heads that cannot be of one tree, whoever saw them.",
                           figures->alerts[ALERT_INCONSISTENT_HEAD] +
                               figures->alerts[ALERT_FORK]);
}

static void append_entries(struct buf *out, const struct monitor_figures *figures)
{
    metrics_append_counter(out, "vouch_monitor_entries_verified_total",
                           "Entries verified since the start.", figures->entries_verified);
    metrics_append_counter(out, "vouch_monitor_records_replayed_total",
                           "Records admitted again since the start.", figures->records_replayed);
    metrics_append_counter(out, "vouch_monitor_bundles_rechecked_total",
                           "Old bundles read again since the start.", figures->bundles_rechecked);
    metrics_append_counter(out, "vouch_monitor_admission_mismatch_total",
                           "Alerts of flags and admissions that the log's rules do not give.",
                           figures->alerts[ALERT_FALSE_FLAG] +
                               figures->alerts[ALERT_FALSE_ADMISSION]);
}

static void append_by_kind(struct buf *out, const struct monitor_figures *figures)
{
    char labels[LABELS_LEN_MAX];

    metrics_append_head(out, FINDINGS, "gauge", "1 while something is wrong, by kind.");
    for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        if (!alert_kind_is_finding(kind))
            continue;
        snprintf(labels, sizeof(labels), "kind=\"%s\"", alert_kind_name(kind));
        metrics_append_uint(out, FINDINGS, labels, figures->is_open[kind]);
    }
    metrics_append_head(out, ALERTS, "counter", "Alerts begun or seen since the start, by kind.");
    for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        snprintf(labels, sizeof(labels), "kind=\"%s\"", alert_kind_name(kind));
        metrics_append_uint(out, ALERTS, labels, figures->alerts[kind]);
    }
}

static void append_own(struct buf *out, const struct watcher_view *view)
{
    metrics_append_counter(out, "vouch_monitor_looks_total", "Looks at the log since the start.",
                           view->figures.polls);
    metrics_append_head(out, "vouch_monitor_last_success_timestamp_seconds", "gauge",
                        "When a look last found nothing wrong; 0: never since the start.");
    metrics_append_double(out, "vouch_monitor_last_success_timestamp_seconds", "",
                          (double)view->figures.last_success_ms / 1000);
    metrics_append_counter(out, "vouch_monitor_webhook_delivered_total",
                           "Alerts that the webhook took since the start.",
                           view->webhook_delivered);
    metrics_append_counter(out, "vouch_monitor_webhook_refused_total",
                           "Alerts that the webhook refused for good.", view->webhook_refused);
}

bool monitor_metrics_get(struct request *request, struct problem *problem)
{
    static const char version[] = "version=\"" VOUCH_VERSION "\"";
    struct buf *body = request_body_buf(request);
    struct reply reply = {.status = 200, .media = MEDIA_METRICS, .cache_control = CACHE_NONE};
    struct watcher_view view = {0};

    (void)problem;
    watcher_show(request->service->watcher, &view);
    metrics_append_head(body, "vouch_build_info", "gauge", "1, labelled with the version.");
    metrics_append_uint(body, "vouch_build_info", version, 1);
    append_heads(body, &view.figures);
    append_entries(body, &view.figures);
    append_by_kind(body, &view.figures);
    append_own(body, &view);
    if (request->service->gossip != NULL)
        gossip_append_metrics(body, request->service->gossip);
    transport_append_metrics(body, request->service->transport);
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
