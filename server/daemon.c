#include "server/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "schemas/checkpoint.h"
#include "schemas/record_schema.h"
#include "server/http/listen_address.h"
#include "server/http/server.h"
#include "server/log_keys.h"
#include "server/store/store_leveldb.h"
#include "server/tlog/head_file.h"

/* In the order they are opened; closed in reverse. */
struct parts {
    struct store *store;
    struct store_identity_card card;
    struct log_keys keys;
    struct head_cell *head_cell;
    struct tlog *tlog;
    struct record_schema *record_schema; /* evidence logs */
    struct providers *providers;
    struct http_server *http;
};

static bool check_address(const struct config *config, struct err *err)
{
    struct listen_address address;

    if (!listen_address_parse(&address, config->listen, err))
        return err_wrap(err, "listen");
    if (!config->public && !listen_address_is_loopback(&address))
        return err_set(err, ERR_REFUSED,
                       "listen: %s can be reached from other machines; \"public\": true allows it",
                       config->listen);
    return true;
}

static bool check_origin(const struct config *config, struct err *err)
{
    return origin_is_valid(config->origin) ||
           err_set(err, ERR_INVALID, "\"%s\" cannot be the origin of a log", config->origin);
}

static unsigned core_count(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&cores);
}

static unsigned thread_count(const struct config *config)
{
    unsigned count = config->http_threads == 0 ? core_count() : (unsigned)config->http_threads;

    return count > HTTP_THREADS_MAX ? HTTP_THREADS_MAX : count;
}

static struct store_leveldb_options store_options(const struct config *config)
{
    return (struct store_leveldb_options){
        .directory = config->data_dir,
        .cache_bytes = config->cache_bytes,
        .write_buffer_bytes = config->write_buffer_bytes,
    };
}

static bool open_store(struct parts *parts, const struct config *config, struct err *err)
{
    struct store_leveldb_options options = store_options(config);

    if (!store_leveldb_open(&parts->store, &options, err) ||
        !store_read_card(parts->store, &parts->card, err))
        return err_wrap(err, "open %s", config->data_dir);
    return true;
}

static bool open_tlog(struct parts *parts, const struct config *config, struct err *err)
{
    struct tlog_options options = {
        .store = parts->store,
        .clock = clock_system(),
        .origin = config->origin,
        .kind = parts->card.kind,
        .checkpoint_signer = parts->keys.checkpoint,
        .receipt_signer = parts->keys.receipt,
        .log_signer = parts->keys.log,
    };
    const char *reason;

    if (!head_file_open(&parts->head_cell, config->head_file, err))
        return err_wrap(err, "open %s", config->head_file);
    options.head_cell = parts->head_cell;
    if (!tlog_open(&parts->tlog, &options, err))
        return err_wrap(err, "open %s", config->data_dir);
    /* Said now, while the head is still this thread's to look at. */
    diag_info("opened", "origin=%s kind=%s size=%" PRIu64, config->origin,
              parts->card.kind == LOG_EVIDENCE ? "evidence" : "opaque",
              tlog_head(parts->tlog)->size);
    reason = tlog_read_only_reason(parts->tlog);
    if (reason != NULL)
        diag_error("read-only", "%s", reason);
    return true;
}

static bool open_providers(struct providers **out, const struct config *config, struct err *err)
{
    return providers_open(out, config->providers, config->provider_count, err) ||
           err_wrap(err, "identity_providers");
}

static bool load_record_schema(struct record_schema **out, const struct config *config,
                               struct err *err)
{
    const struct config_paths *paths = &config->record_schema_directories;

    return record_schema_load(out, (const char *const *)paths->items, paths->count, err) ||
           err_wrap(err, "record_schema_directories");
}

/* Says what records are held against: the digest names all of it. */
static bool open_record_schema(struct parts *parts, const struct config *config, struct err *err)
{
    struct buf digest = {0};

    if (parts->card.kind != LOG_EVIDENCE)
        return true;
    if (!load_record_schema(&parts->record_schema, config, err))
        return false;
    text_append_hex(&digest, hash_bytes(record_schema_digest(parts->record_schema)));
    diag_info("record-schema", "types=%zu sha256=%s",
              record_schema_type_count(parts->record_schema), buf_text(&digest));
    buf_cleanup(&digest);
    return true;
}

static bool start_http(struct parts *parts, const struct config *config, struct err *err)
{
    struct http_server_options options = {
        .listen = config->listen,
        .origin = config->origin,
        .kind = parts->card.kind,
        .store = parts->store,
        .tlog = parts->tlog,
        .checkpoint_signer = parts->keys.checkpoint,
        .receipt_signer = parts->keys.receipt,
        .log_signer = parts->keys.log,
        .providers = parts->providers,
        .record_schema = parts->record_schema,
        .threads = thread_count(config),
        .connections_max = config->connections_max,
        .request_timeout_ms = (uint32_t)config->request_timeout_ms,
        .idle_timeout_ms = (uint32_t)config->idle_timeout_ms,
        .streams_max = config->streams_max,
        .stream_heartbeat_ms = (uint32_t)config->stream_heartbeat_ms,
        .request_bytes_max = config->request_bytes_max,
        .queue_entries_max = config->queue_entries_max,
        .queue_bytes_max = config->queue_bytes_max,
        .low_space_bytes = config->low_space_bytes,
    };
    struct issuers *issuers;

    if (!log_keys_load_issuers(&issuers, &parts->keys, config, err))
        return false;
    if (http_server_start(&parts->http, &options, issuers, err))
        return true;
    snapshot_release(&issuers->snapshot);
    return false;
}

static bool open_parts(struct parts *parts, const struct config *config, struct err *err)
{
    return check_origin(config, err) && check_address(config, err) &&
           open_store(parts, config, err) &&
           log_keys_open(&parts->keys, config, parts->card.kind, err) &&
           open_record_schema(parts, config, err) && open_tlog(parts, config, err) &&
           open_providers(&parts->providers, config, err) &&
           providers_start(parts->providers, err) && start_http(parts, config, err);
}

static void close_parts(struct parts *parts)
{
    http_server_stop(parts->http);
    providers_close(parts->providers);
    tlog_close(parts->tlog);
    if (parts->head_cell != NULL)
        parts->head_cell->close(parts->head_cell);
    record_schema_free(parts->record_schema);
    log_keys_close(&parts->keys);
    store_close(parts->store);
}

/* A file that cannot be used changes nothing: the log goes on with what it has. */
static void reload(struct parts *parts, const struct config *running)
{
    struct config config;
    struct issuers *issuers;
    struct buf fixed = {0};
    struct err err = {0};

    if (!config_load(&config, running->path, &err)) {
        diag_error("reload-failed", "%s", err.text);
        return;
    }
    if (log_keys_load_issuers(&issuers, &parts->keys, &config, &err)) {
        size_t count = issuers->count;

        http_server_set_issuers_take(parts->http, issuers);
        providers_reload(parts->providers);
        diag_set_level((enum diag_level)config.diag_level);
        config_append_fixed_changes(&fixed, running, &config);
        if (fixed.len > 0)
            diag_warn("reload-needs-restart", "changed=%s", buf_text(&fixed));
        diag_info("reloaded", "issuer_keys=%zu", count);
    } else {
        diag_error("reload-failed", "%s", err.text);
    }
    buf_cleanup(&fixed);
    config_cleanup(&config);
}

static sigset_t awaited_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

void daemon_block_signals(void)
{
    sigset_t set = awaited_signals();

    sigaddset(&set, SIGPIPE); /* a client that went away is an error of write(2) */
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void wait_for_end(struct parts *parts, const struct config *config)
{
    sigset_t set = awaited_signals();

    for (;;) {
        int number = sigwaitinfo(&set, NULL);

        if (number == SIGHUP) {
            reload(parts, config);
        } else if (number > 0) {
            diag_info("stopping", "signal=%s", sigabbrev_np(number));
            return;
        }
    }
}

bool daemon_run(const struct config *config, struct err *err)
{
    struct parts parts = {0};
    bool ok = open_parts(&parts, config, err);

    if (ok) {
        diag_info("serving", "origin=%s", config->origin);
        wait_for_end(&parts, config);
    }
    close_parts(&parts);
    if (ok)
        diag_info("stopped", "all accepted entries are committed");
    return ok;
}

/* The kind of a log is in its store; here the presence of the keys an opaque log lacks tells. */
bool daemon_check(const struct config *config, struct err *err)
{
    enum log_kind kind = file_exists(config->log_key_file) ? LOG_EVIDENCE : LOG_OPAQUE;
    struct log_keys keys = {0};
    struct issuers *issuers = NULL;
    struct providers *providers = NULL;
    struct record_schema *record_schema = NULL;
    bool ok = check_origin(config, err) && check_address(config, err) &&
              log_keys_open(&keys, config, kind, err) &&
              log_keys_load_issuers(&issuers, &keys, config, err) &&
              open_providers(&providers, config, err) &&
              load_record_schema(&record_schema, config, err);

    if (issuers != NULL)
        snapshot_release(&issuers->snapshot);
    providers_close(providers);
    record_schema_free(record_schema);
    log_keys_close(&keys);
    return ok;
}

bool daemon_compact(const struct config *config, struct err *err)
{
    struct store_leveldb_options options = store_options(config);

    return store_leveldb_compact(&options, err) || err_wrap(err, "compact %s", config->data_dir);
}
