/* GET /metrics: how the logs stand, in Prometheus text format. */
#include "server/role/monitor/endpoints.h"

#include <stdlib.h>

#include "server/transport/metrics.h"
#include "server/transport/reply.h"
#include "server/transport/transport_metrics.h"

/* What is shown of all logs, and how each is named. */
struct board {
    const struct watchers *watchers;
    struct watcher_view *views; /* one a log */
    struct buf *out;
};

/* ---- one number a log ---- */

static uint64_t head_size(const struct watcher_view *view)
{
    return view->figures.head_size;
}

static uint64_t verified_size(const struct watcher_view *view)
{
    return view->figures.verified_size;
}

/* Who saw the heads makes no difference. */
static uint64_t split_views(const struct watcher_view *view)
{
    return view->figures.alerts[ALERT_INCONSISTENT_HEAD] + view->figures.alerts[ALERT_FORK];
}

static uint64_t entries_replayed(const struct watcher_view *view)
{
    return view->figures.entries_verified;
}

static uint64_t records_replayed(const struct watcher_view *view)
{
    return view->figures.records_replayed;
}

static uint64_t bundles_rechecked(const struct watcher_view *view)
{
    return view->figures.bundles_rechecked;
}

static uint64_t admission_mismatches(const struct watcher_view *view)
{
    return view->figures.alerts[ALERT_FALSE_FLAG] + view->figures.alerts[ALERT_FALSE_ADMISSION];
}

static uint64_t acknowledged(const struct watcher_view *view)
{
    return view->figures.acknowledged;
}

static uint64_t looks(const struct watcher_view *view)
{
    return view->figures.polls;
}

static uint64_t ended(const struct watcher_view *view)
{
    return view->has_failed;
}

static uint64_t webhook_delivered(const struct watcher_view *view)
{
    return view->webhook_delivered;
}

static uint64_t webhook_refused(const struct watcher_view *view)
{
    return view->webhook_refused;
}

static const struct {
    const char *name;
    const char *type;
    const char *help;
    uint64_t (*value)(const struct watcher_view *view);
} ROWS[] = {
    {"vouch_monitor_head_size", "gauge", "Size of the newest accepted head.", head_size},
    {"vouch_monitor_verified_size", "gauge",
     "Entries that were verified and lead to an accepted head.", verified_size},
    {"vouch_monitor_split_view_total", "counter",
     "Alerts of heads that cannot be of one tree, whoever saw them.", split_views},
    {"vouch_monitor_entries_replayed_total", "counter",
     "Entries verified since the start, in an evidence log by its rules.", entries_replayed},
    {"vouch_monitor_records_replayed_total", "counter", "Records admitted again since the start.",
     records_replayed},
    {"vouch_monitor_bundles_rechecked_total", "counter", "Old bundles read again since the start.",
     bundles_rechecked},
    {"vouch_monitor_admission_mismatch_total", "counter",
     "Alerts of flags and admissions that the log's rules do not give.", admission_mismatches},
    {"vouch_monitor_acknowledged_findings", "gauge",
     "Findings that somebody has acknowledged, ever.", acknowledged},
    {"vouch_monitor_looks_total", "counter", "Looks at the log since the start.", looks},
    {"vouch_monitor_ended", "gauge", "1: the log is not watched any more.", ended},
    {"vouch_monitor_webhook_delivered_total", "counter",
     "Alerts that the webhook took since the start.", webhook_delivered},
    {"vouch_monitor_webhook_refused_total", "counter",
     "Alerts that the webhook refused for good.", webhook_refused},
};

static void append_rows(const struct board *board)
{
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        metrics_append_head(board->out, ROWS[i].name, ROWS[i].type, ROWS[i].help);
        for (size_t k = 0; k < watchers_count(board->watchers); k++)
            metrics_append_uint(board->out, ROWS[i].name, watchers_label(board->watchers, k),
                                ROWS[i].value(&board->views[k]));
    }
}

/* ---- times ---- */

static void append_times(const struct board *board)
{
    static const char AGE[] = "vouch_monitor_head_age_seconds";
    static const char SUCCESS[] = "vouch_monitor_last_success_timestamp_seconds";
    size_t count = watchers_count(board->watchers);

    metrics_append_head(board->out, AGE, "gauge",
                        "Since the last new head, as of the last look.");
    for (size_t i = 0; i < count; i++)
        metrics_append_double(board->out, AGE, watchers_label(board->watchers, i),
                              (double)board->views[i].figures.head_age_ms / 1000);
    metrics_append_head(board->out, SUCCESS, "gauge",
                        "When a look last found nothing wrong; 0: never since the start.");
    for (size_t i = 0; i < count; i++)
        metrics_append_double(board->out, SUCCESS, watchers_label(board->watchers, i),
                              (double)board->views[i].figures.last_success_ms / 1000);
}

/* ---- several numbers a log ---- */

static void append_with(const struct board *board, const char *name, size_t log,
                        const char *more_name, const char *more, uint64_t value)
{
    char *labels =
        mem_format("%s,%s=\"%s\"", watchers_label(board->watchers, log), more_name, more);

    metrics_append_uint(board->out, name, labels, value);
    free(labels);
}

static void append_checks(const struct board *board)
{
    static const char CHECKS[] = "vouch_monitor_consistency_checks_total";

    metrics_append_head(board->out, CHECKS, "counter", "Heads held against those accepted before.");
    for (size_t i = 0; i < watchers_count(board->watchers); i++) {
        const struct monitor_figures *figures = &board->views[i].figures;

        append_with(board, CHECKS, i, "result", "consistent", figures->consistent_heads);
        append_with(board, CHECKS, i, "result", "inconsistent", figures->inconsistent_heads);
    }
}

static void append_findings(const struct board *board)
{
    static const char FINDINGS[] = "vouch_monitor_findings";

    metrics_append_head(board->out, FINDINGS, "gauge", "1 while something is wrong, by kind.");
    for (size_t i = 0; i < watchers_count(board->watchers); i++) {
        for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++) {
            if (alert_kind_is_finding(kind))
                append_with(board, FINDINGS, i, "kind", alert_kind_name(kind),
                            board->views[i].figures.is_open[kind]);
        }
    }
}

static void append_alerts(const struct board *board)
{
    static const char ALERTS[] = "vouch_monitor_alerts_total";

    metrics_append_head(board->out, ALERTS, "counter",
                        "Alerts begun or seen since the start, by kind.");
    for (size_t i = 0; i < watchers_count(board->watchers); i++) {
        for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++)
            append_with(board, ALERTS, i, "kind", alert_kind_name(kind),
                        board->views[i].figures.alerts[kind]);
    }
}

/* ---- all of it ---- */

static void append_logs(struct buf *out, const struct watchers *watchers)
{
    size_t count = watchers_count(watchers);
    struct board board = {.watchers = watchers,
                          .views = mem_alloc_array(count, sizeof(*board.views)),
                          .out = out};

    for (size_t i = 0; i < count; i++)
        watcher_show(watchers_at(watchers, i), &board.views[i]);
    append_rows(&board);
    append_times(&board);
    append_checks(&board);
    append_findings(&board);
    append_alerts(&board);
    free(board.views);
}

bool monitor_metrics_get(struct request *request, struct problem *problem)
{
    static const char version[] = "version=\"" VOUCH_VERSION "\"";
    struct buf *body = request_body_buf(request);
    struct reply reply = {.status = 200, .media = MEDIA_METRICS, .cache_control = CACHE_NONE};

    (void)problem;
    metrics_append_head(body, "vouch_build_info", "gauge", "1, labelled with the version.");
    metrics_append_uint(body, "vouch_build_info", version, 1);
    append_logs(body, request->service->watchers);
    if (request->service->gossip != NULL)
        gossip_append_metrics(body, request->service->gossip);
    transport_append_metrics(body, request->service->transport);
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
