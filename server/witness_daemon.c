#include "server/witness_daemon.h"

#include "base/diag.h"
#include "server/cosigner_part.h"
#include "server/gossip_part.h"
#include "server/cosigning/log_list.h"
#include "server/role/witness/witness.h"
#include "server/serving.h"
#include "server/witness_config.h"

/* In the order they are opened; closed in reverse. */
struct parts {
    struct witness_config config;
    struct cosigner_part cosigner;
    struct gossip_part gossip;
    struct witness *witness;
};

static bool open_config(struct parts *parts, const char *path, struct err *err)
{
    const struct witness_config *config = &parts->config;

    if (!config_table_load(&witness_config_table, &parts->config, path, err))
        return false;
    diag_set_level((enum diag_level)config->diag_level);
    return serving_check_address(config->listen, config->public, err) &&
           cosigner_part_open(&parts->cosigner, config->name, config->cosigner_key_file,
                              config->ml_dsa_key_file, err) &&
           gossip_part_prepare(&parts->gossip, &config->gossip, err);
}

static void close_parts(struct parts *parts)
{
    witness_stop(parts->witness);
    gossip_part_cleanup(&parts->gossip);
    cosigner_part_close(&parts->cosigner);
    config_table_cleanup(&witness_config_table, &parts->config);
}

static struct ledger_options ledger_options(const struct parts *parts)
{
    return cosigner_part_ledger(&parts->cosigner, parts->config.data_dir, parts->config.mark_file);
}

static bool start(struct parts *parts, struct err *err)
{
    const struct witness_config *config = &parts->config;
    struct witness_options options = {
        .transport =
            config_transport_options(&config->transport, config->listen, config->request_bytes_max),
        .ledger = ledger_options(parts),
        .cosigner = &parts->cosigner.cosigner,
        .logs_file = config->logs_file,
        .evidence_directory = config->evidence_dir,
        .log_requests_per_day = config->log_requests_per_day,
        .client_requests_per_s = config->client_requests_per_s,
        .gossip = parts->gossip.is_wanted ? &parts->gossip.options : NULL,
    };

    return witness_start(&parts->witness, &options, err);
}

/* A file that cannot be used changes nothing: the witness goes on with what it has. */
static void reload(void *context)
{
    struct parts *parts = context;
    struct witness_config config = {0};
    struct err err = {0};

    if (!serving_reload(&witness_config_table, &config, &parts->config))
        return;
    if (witness_reload(parts->witness, config.logs_file, &err))
        diag_info("reloaded", "path=%s", config.path);
    else
        diag_error("reload-failed", "%s", err.text);
    config_table_cleanup(&witness_config_table, &config);
}

bool witness_daemon_run(const char *path, struct err *err)
{
    struct parts parts = {0};
    bool ok = open_config(&parts, path, err) && start(&parts, err);

    if (ok) {
        diag_info("serving", "witness=%s", parts.config.name);
        serving_wait(reload, &parts);
    }
    close_parts(&parts);
    if (ok)
        diag_info("stopped", "all accepted checkpoints are answered");
    return ok;
}

bool witness_daemon_check(struct buf *out, const char *path, struct err *err)
{
    struct parts parts = {0};
    struct log_list *list = NULL;
    bool ok = open_config(&parts, path, err) &&
              log_list_load(&list, parts.config.logs_file, err);

    if (ok) {
        snapshot_release(&list->snapshot);
        config_table_append_json(&witness_config_table, out, &parts.config);
    }
    close_parts(&parts);
    return ok;
}

bool witness_daemon_adopt(const char *path, struct err *err)
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
