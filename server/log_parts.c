#include "server/log_parts.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/text.h"
#include "server/tlog/head_file.h"

struct store_leveldb_options log_parts_store_options(const struct config *config)
{
    return (struct store_leveldb_options){
        .directory = config->data_dir,
        .cache_bytes = config->cache_bytes,
        .write_buffer_bytes = config->write_buffer_bytes,
    };
}

static bool open_store(struct log_parts *parts, const struct config *config, struct err *err)
{
    struct store_leveldb_options options = log_parts_store_options(config);

    if (!store_leveldb_open(&parts->store, &options, err) ||
        !store_read_card(parts->store, &parts->card, err))
        return err_wrap(err, "open %s", config->data_dir);
    return true;
}

struct witnessing_options log_parts_witnessing_options(const struct config *config,
                                                       struct store *store,
                                                       const struct log_keys *keys)
{
    return (struct witnessing_options){
        .store = store,
        .origin = config->origin,
        .checkpoint_key = keys->checkpoint->public_key,
        .directory = config->witness_dir,
        .policy_file = config->witness_policy_file,
        .monitoring = config->witness_monitoring.items,
        .monitoring_count = config->witness_monitoring.count,
        .interval_ms = config->witness_interval_ms,
        .renew_ms = config->heartbeat_interval_ms,
        .timeout_ms = config->witness_timeout_ms,
    };
}

bool log_parts_load_schema(struct record_schema **out, const struct config *config,
                           struct err *err)
{
    const struct config_paths *paths = &config->record_schema_directories;

    return record_schema_load(out, (const char *const *)paths->items, paths->count, err) ||
           err_wrap(err, "record_schema_directories");
}

/* Says what records are held against: the digest names all of it. */
static bool open_record_schema(struct log_parts *parts, const struct config *config,
                               struct err *err)
{
    struct buf digest = {0};

    if (parts->card.kind != LOG_EVIDENCE)
        return true;
    if (!log_parts_load_schema(&parts->record_schema, config, err))
        return false;
    text_append_hex(&digest, hash_bytes(record_schema_digest(parts->record_schema)));
    diag_info("record-schema", "types=%zu sha256=%s",
              record_schema_type_count(parts->record_schema), buf_text(&digest));
    buf_cleanup(&digest);
    return true;
}

static bool open_tlog(struct log_parts *parts, const struct config *config, struct err *err)
{
    struct tlog_options options = {
        .store = parts->store,
        .clock = clock_system(),
        .origin = config->origin,
        .kind = parts->card.kind,
        .checkpoint_signer = parts->keys.checkpoint,
        .receipt_signer = parts->keys.receipt,
        .log_signer = parts->keys.log,
        .admits_by_rules = parts->card.kind == LOG_EVIDENCE,
    };
    const char *reason;

    if (!head_file_open(&parts->head_cell, config->head_file, err))
        return err_wrap(err, "open %s", config->head_file);
    options.head_cell = parts->head_cell;
    if (!tlog_open(&parts->tlog, &options, err))
        return err_wrap(err, "open %s", config->data_dir);
    diag_info("opened", "origin=%s kind=%s size=%" PRIu64, config->origin,
              parts->card.kind == LOG_EVIDENCE ? "evidence" : "opaque",
              tlog_head(parts->tlog)->size);
    reason = tlog_read_only_reason(parts->tlog);
    if (reason != NULL)
        diag_error("read-only", "%s", reason);
    return true;
}

bool log_parts_open(struct log_parts *out, const struct config *config, struct err *err)
{
    *out = (struct log_parts){0};
    if (open_store(out, config, err) && log_keys_open(&out->keys, config, out->card.kind, err) &&
        open_record_schema(out, config, err) && open_tlog(out, config, err))
        return true;
    log_parts_close(out);
    return false;
}

void log_parts_close(struct log_parts *parts)
{
    tlog_close(parts->tlog);
    if (parts->head_cell != NULL)
        parts->head_cell->close(parts->head_cell);
    record_schema_free(parts->record_schema);
    log_keys_close(&parts->keys);
    store_close(parts->store);
    *parts = (struct log_parts){0};
}
