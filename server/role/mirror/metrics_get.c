/* GET /metrics: the state of the mirror in Prometheus text format. */
#include <stdio.h>

#include "server/role/mirror/service.h"
#include "server/transport/health.h"
#include "server/transport/reply.h"
#include "server/transport/transport_metrics.h"
#include "server/transport/worker.h"

enum { LABELS_LEN_MAX = 128 };

static void append_of_logs(struct buf *out, const struct log_set *set, const char *name,
                           uint64_t (*value)(struct followed_log *log))
{
    for (size_t i = 0; i < set->count; i++) {
        char labels[LABELS_LEN_MAX];

        snprintf(labels, sizeof(labels), "log=\"%s\"", set->logs[i]->id);
        metrics_append_uint(out, name, labels, value(set->logs[i]));
    }
}

static uint64_t size_of(struct followed_log *log)
{
    return atomic_load(&log->size);
}

static uint64_t checked_at_of(struct followed_log *log)
{
    return atomic_load(&log->checked_at_s);
}

static uint64_t pending_of(struct followed_log *log)
{
    uint64_t size;

    pending_heads_newest(&log->pending, &size);
    return size;
}

static void append_looks(struct buf *out, const struct log_set *set)
{
    metrics_append_head(out, "vouch_mirror_looks_total", "counter",
                        "Looks at a log, by what became of them.");
    for (size_t i = 0; i < set->count; i++) {
        for (size_t outcome = 0; outcome < FOLLOW_OUTCOMES; outcome++) {
            char labels[LABELS_LEN_MAX];

            snprintf(labels, sizeof(labels), "log=\"%s\",result=\"%s\"", set->logs[i]->id,
                     follow_outcome_name((enum follow_outcome)outcome));
            metrics_append_uint(out, "vouch_mirror_looks_total", labels,
                                atomic_load(&set->logs[i]->counts[outcome]));
        }
    }
}

static uint64_t bytes_served(const struct transport *transport)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < transport->worker_count; i++)
        sum += counter_value(&transport->workers[i].state->bytes_served);
    return sum;
}

bool mirror_metrics_get(struct request *request, struct problem *problem)
{
    static const char version[] = "version=\"" VOUCH_VERSION "\"";
    const struct service *service = request->service;
    const struct log_set *set = service_logs(request);
    struct buf *body = request_body_buf(request);
    struct reply reply = {.status = 200, .media = MEDIA_METRICS, .cache_control = CACHE_NONE};

    (void)problem;
    metrics_append_head(body, "vouch_build_info", "gauge", "1, labelled with the version.");
    metrics_append_uint(body, "vouch_build_info", version, 1);
    metrics_append_head(body, "vouch_mirror_size", "gauge", "Entries of a log in its copy.");
    append_of_logs(body, set, "vouch_mirror_size", size_of);
    metrics_append_head(body, "vouch_mirror_pending_size", "gauge",
                        "Entries of the newest checkpoint of a log that the mirror accepted.");
    append_of_logs(body, set, "vouch_mirror_pending_size", pending_of);
    metrics_append_head(body, "vouch_mirror_current_timestamp_seconds", "gauge",
                        "When the copy last had all that the log showed; 0: never yet.");
    append_of_logs(body, set, "vouch_mirror_current_timestamp_seconds", checked_at_of);
    append_looks(body, set);
    metrics_append_counter(body, "vouch_mirror_served_bytes_total", "Bytes of files served.",
                           bytes_served(service->transport));
    transport_append_metrics(body, service->transport);
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}

/* GET /readyz: copies are served whatever the logs do. */
bool mirror_ready_get(struct request *request, struct problem *problem)
{
    (void)problem;
    health_send_ok(request);
    return true;
}
