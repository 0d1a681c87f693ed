#include "server/daemon.h"

#include <stdlib.h>

#include "base/diag.h"
#include "base/file.h"
#include "schemas/checkpoint.h"
#include "schemas/note.h"
#include "schemas/rules/version.h"
#include "server/anchoring/anchoring.h"
#include "server/http/server.h"
#include "server/log_entries.h"
#include "server/log_parts.h"
#include "server/serving.h"
#include "server/witnessing/witnessing.h"

enum {
    WEBHOOK_RETRY_FIRST_MS = 1000,
    WEBHOOK_RETRY_MOST_MS = 300000,
    ANCHOR_RETRY_FIRST_MS = 1000,
    ANCHOR_RETRY_MOST_MS = 300000,
};

/* In the order they are opened; closed in reverse. */
struct parts {
    struct log_parts log;
    struct witnessing_options witnessing_options;
    struct witnessing *witnessing;
    struct anchoring *anchoring;
    struct providers *providers;
    struct notifier *notifier; /* evidence logs */
    struct http_server *http;
};

static bool check_origin(const struct config *config, struct err *err)
{
    return origin_is_valid(config->origin) ||
           err_set(err, ERR_INVALID, "\"%s\" cannot be the origin of a log", config->origin);
}

static bool open_providers(struct providers **out, const struct config *config, struct err *err)
{
    return providers_open(out, config->providers.items, config->providers.count, err) ||
           err_wrap(err, "identity_providers");
}

/* Before anything is signed: a head that witnesses hold may speak against the store. */
static void recall_witnessed(struct parts *parts, const struct config *config)
{
    struct err reason = {0};

    parts->witnessing_options =
        log_parts_witnessing_options(config, parts->log.store, &parts->log.keys);
    witnessing_recall(&reason, &parts->witnessing_options);
    if (reason.code == ERR_NONE)
        return;
    diag_error("frozen", "%s", reason.text);
    tlog_freeze(parts->log.tlog, reason.text);
}

/* Nothing is written before the log says which rules apply. */
static bool say_rules(struct log_parts *log, const struct config *config, struct err *err)
{
    struct rules_entry entry;
    bool said;

    if (log->card.kind == LOG_OPAQUE || tlog_read_only_reason(log->tlog) != NULL)
        return true;
    rules_entry_init(&entry, config->origin, record_schema_digest(log->record_schema));
    if (!log_entries_say(log->tlog, &entry.own, &said, err))
        return err_wrap(err, "log the admission rules");
    if (said)
        diag_info("rules-changed", "id=%s version=%s", RULES_ID, RULES_VERSION);
    return true;
}

static void tell_published(void *context, const struct store_head *head)
{
    struct parts *parts = context;

    notifier_advance(parts->notifier, head->size);
    witnessing_advance(parts->witnessing, head);
    anchoring_advance(parts->anchoring, head);
}

static bool say_anchor(void *context, struct tlog_own *own, bool *out_said, struct err *err)
{
    struct parts *parts = context;

    return http_server_say(parts->http, own, out_said, err);
}

/* As GET /checkpoint shows it. On the thread of a target. */
static void get_witnessed(void *context, struct anchor_witnessed *out)
{
    struct parts *parts = context;
    struct snapshot *held = snapshot_cell_hold(witnessing_cell(parts->witnessing));
    const struct witnessed_view *view = (const struct witnessed_view *)held;

    out->is_wanted = view->needs_quorum;
    out->exists = view->exists;
    out->head = view->head;
    buf_append_bytes(&out->note, bytes_of_buf(&view->checkpoint));
    snapshot_release(held);
}

/* On the thread of the target, which has time. */
static void tell_staleness(void *context, const struct anchoring_alert *alert)
{
    struct parts *parts = context;
    char *text = mem_format(alert->is_stale ? "The anchor target %s (%s) got no head for too long."
                                            : "The anchor target %s (%s) gets heads again.",
                            alert->target, alert->kind);

    notifier_alert(parts->notifier, alert->is_stale ? "anchor-stale" : "anchor-again", text,
                   alert->stop);
    free(text);
}

static bool open_anchoring(struct parts *parts, const struct config *config, struct err *err)
{
    struct anchoring_options options = {
        .origin = config->origin,
        .checkpoint_key_id = note_key_id(config->origin, NOTE_TYPE_ED25519,
                                         parts->log.keys.checkpoint->public_key),
        .kind = parts->log.card.kind,
        .targets = config->anchors.items,
        .target_count = config->anchors.count,
        .directory = config->anchor_dir,
        .say = say_anchor,
        .witnessed = get_witnessed,
        .alert = tell_staleness,
        .context = parts,
        .retry_first_ms = ANCHOR_RETRY_FIRST_MS,
        .retry_most_ms = ANCHOR_RETRY_MOST_MS,
    };

    return anchoring_open(&parts->anchoring, &options, tlog_head(parts->log.tlog), err);
}

static bool start_witnessing(struct parts *parts, struct err *err)
{
    return witnessing_start(&parts->witnessing, &parts->witnessing_options,
                            tlog_head(parts->log.tlog), err);
}

static bool start_notifier(struct parts *parts, const struct config *config, struct err *err)
{
    struct notifier_options options = {
        .store = parts->log.store,
        .origin = config->origin,
        .webhooks = config->webhooks.items,
        .webhook_count = config->webhooks.count,
        .directory = config->webhook_dir,
        .poster = poster_curl(),
        .retry_first_ms = WEBHOOK_RETRY_FIRST_MS,
        .retry_most_ms = WEBHOOK_RETRY_MOST_MS,
        .give_up_ms = config->webhook_retry_s * 1000,
    };

    if (parts->log.card.kind == LOG_OPAQUE)
        return config->webhooks.count == 0 ||
               err_set(err, ERR_INVALID, "webhooks: an opaque log has nobody to tell");
    return notifier_start(&parts->notifier, &options, tlog_head(parts->log.tlog)->size, err);
}

static bool start_http(struct parts *parts, const struct config *config, struct err *err)
{
    const struct log_parts *log = &parts->log;
    struct http_server_options options = {
        .transport =
            config_transport_options(&config->transport, config->listen, config->request_bytes_max),
        .origin = config->origin,
        .kind = log->card.kind,
        .store = log->store,
        .tlog = log->tlog,
        .checkpoint_signer = log->keys.checkpoint,
        .receipt_signer = log->keys.receipt,
        .log_signer = log->keys.log,
        .intake_signer = log->keys.intake,
        .takes_run_documents = config->run_documents,
        .providers = parts->providers,
        .witnessing = parts->witnessing,
        .anchoring = parts->anchoring,
        .record_schema = log->record_schema,
        .streams_max = config->streams_max,
        .stream_heartbeat_ms = (uint32_t)config->stream_heartbeat_ms,
        .queue_entries_max = config->queue_entries_max,
        .queue_bytes_max = config->queue_bytes_max,
        .low_space_bytes = config->low_space_bytes,
        .heartbeat_interval_ms = config->heartbeat_interval_ms,
        .published = tell_published,
        .published_context = parts,
    };

    return http_server_start(&parts->http, &options, err);
}

static bool open_log(struct parts *parts, const struct config *config, struct err *err)
{
    if (!log_parts_open(&parts->log, config, err))
        return false;
    recall_witnessed(parts, config);
    return true;
}

static bool open_parts(struct parts *parts, const struct config *config, struct err *err)
{
    return check_origin(config, err) &&
           serving_check_address(config->listen, config->public, err) &&
           open_log(parts, config, err) && open_providers(&parts->providers, config, err) &&
           say_rules(&parts->log, config, err) && providers_start(parts->providers, err) &&
           start_notifier(parts, config, err) && start_witnessing(parts, err) &&
           open_anchoring(parts, config, err) && start_http(parts, config, err) &&
           anchoring_start(parts->anchoring, err);
}

static void close_parts(struct parts *parts)
{
    anchoring_stop(parts->anchoring);
    http_server_stop(parts->http);
    anchoring_close(parts->anchoring);
    witnessing_stop(parts->witnessing);
    notifier_stop(parts->notifier);
    providers_close(parts->providers);
    log_parts_close(&parts->log);
}

struct running {
    struct parts *parts;
    const struct config *config;
};

/* A file that cannot be used changes nothing: the log goes on with what it has. */
static void reload(void *context)
{
    const struct running *running = context;
    struct config config = {0};
    struct err err = {0};

    if (!serving_reload(&log_config_table, &config, running->config))
        return;
    providers_reload(running->parts->providers);
    if (!witnessing_reload(running->parts->witnessing, config.witness_policy_file, &err))
        diag_error("reload-failed", "%s", err.text);
    diag_info("reloaded", "path=%s", config.path);
    config_cleanup(&config);
}

bool daemon_run(const struct config *config, struct err *err)
{
    struct parts parts = {0};
    struct running running = {.parts = &parts, .config = config};
    bool ok = open_parts(&parts, config, err);

    if (ok) {
        diag_info("serving", "origin=%s", config->origin);
        serving_wait(reload, &running);
    }
    close_parts(&parts);
    if (ok)
        diag_info("stopped", "all accepted entries are committed");
    return ok;
}

static bool check_witnesses(const struct config *config, const struct log_keys *keys,
                            struct err *err)
{
    struct witnessing_options options = log_parts_witnessing_options(config, NULL, keys);

    return witnessing_check(&options, err) || err_wrap(err, "witness_policy_file");
}

/* The kind of a log is in its store; here the presence of the keys an opaque log lacks tells. */
bool daemon_check(const struct config *config, struct err *err)
{
    enum log_kind kind = file_exists(config->log_key_file) ? LOG_EVIDENCE : LOG_OPAQUE;
    struct log_keys keys = {0};
    struct providers *providers = NULL;
    struct record_schema *record_schema = NULL;
    bool ok = check_origin(config, err) &&
              serving_check_address(config->listen, config->public, err) &&
              log_keys_open(&keys, config, kind, err) && check_witnesses(config, &keys, err) &&
              anchor_targets_check(config->anchors.items, config->anchors.count, err) &&
              open_providers(&providers, config, err) &&
              log_parts_load_schema(&record_schema, config, err);

    providers_close(providers);
    record_schema_free(record_schema);
    log_keys_close(&keys);
    return ok;
}
