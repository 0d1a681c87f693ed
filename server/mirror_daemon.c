#include "server/mirror_daemon.h"

#include "base/diag.h"
#include "server/cosigner_part.h"
#include "server/role/mirror/mirror.h"
#include "server/role/mirror/mirror_logs.h"
#include "server/serving.h"
#include "server/mirror_config.h"

/* In the order they are opened; closed in reverse. */
struct parts {
    struct mirror_config config;
    struct cosigner_part cosigner;
    struct mirror *mirror;
};

static bool open_config(struct parts *parts, const char *path, struct err *err)
{
    const struct mirror_config *config = &parts->config;

    if (!config_table_load(&mirror_config_table, &parts->config, path, err))
        return false;
    diag_set_level((enum diag_level)config->diag_level);
    return serving_check_address(config->listen, config->public, err) &&
           cosigner_part_open(&parts->cosigner, config->name, config->cosigner_key_file,
                              config->ml_dsa_key_file, err);
}

static void close_parts(struct parts *parts)
{
    mirror_stop(parts->mirror);
    cosigner_part_close(&parts->cosigner);
    config_table_cleanup(&mirror_config_table, &parts->config);
}

static struct ledger_options ledger_options(const struct parts *parts)
{
    return cosigner_part_ledger(&parts->cosigner, parts->config.ledger_dir, parts->config.mark_file);
}

static bool start(struct parts *parts, struct err *err)
{
    const struct mirror_config *config = &parts->config;
    struct mirror_options options = {
        .transport =
            config_transport_options(&config->transport, config->listen, config->request_bytes_max),
        .ledger = ledger_options(parts),
        .directory = config->data_dir,
        .evidence_directory = config->evidence_dir,
        .logs_file = config->logs_file,
        .cosigner = &parts->cosigner.cosigner,
        .interval_ms = config->interval_ms,
    };

    return mirror_start(&parts->mirror, &options, err);
}

/* A file that cannot be used changes nothing: the mirror goes on with what it has. */
static void reload(void *context)
{
    struct parts *parts = context;
    struct mirror_config config = {0};
    struct err err = {0};

    if (!serving_reload(&mirror_config_table, &config, &parts->config))
        return;
    if (mirror_reload(parts->mirror, config.logs_file, &err))
        diag_info("reloaded", "path=%s", config.path);
    else
        diag_error("reload-failed", "%s", err.text);
    config_table_cleanup(&mirror_config_table, &config);
}

bool mirror_daemon_run(const char *path, struct err *err)
{
    struct parts parts = {0};
    bool ok = open_config(&parts, path, err) && start(&parts, err);

    if (ok) {
        diag_info("serving", "mirror=%s", parts.config.name);
        serving_wait(reload, &parts);
    }
    close_parts(&parts);
    if (ok)
        diag_info("stopped", "the copies are whole");
    return ok;
}

bool mirror_daemon_check(struct buf *out, const char *path, struct err *err)
{
    struct parts parts = {0};
    struct mirror_logs logs = {0};
    bool ok = open_config(&parts, path, err) &&
              mirror_logs_load(&logs, parts.config.logs_file, err);

    if (ok)
        config_table_append_json(&mirror_config_table, out, &parts.config);
    mirror_logs_cleanup(&logs);
    close_parts(&parts);
    return ok;
}

bool mirror_daemon_adopt(const char *path, struct err *err)
{
    struct parts parts = {0};
    struct ledger_options options;
    bool ok = open_config(&parts, path, err);

    if (ok) {
        options = ledger_options(&parts);
        ok = ledger_adopt(&options, err);
    }
    close_parts(&parts);
    return ok;
}
