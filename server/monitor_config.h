/* The configuration of a monitor; see config_table.h. */
#ifndef VOUCH_SERVER_MONITOR_CONFIG_H
#define VOUCH_SERVER_MONITOR_CONFIG_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "server/config_gossip.h"
#include "server/config_paths.h"

/* Units and ranges are in the table in monitor_config.c, which docs/MONITOR.md repeats. */
struct monitor_config {
    char *path; /* of the file itself */
    char *log_url;
    char *policy_file; /* paths are absolute once loaded */
    char *data_dir;
    uint64_t interval_s;
    uint64_t stale_minutes;
    uint64_t rechecked_bundles;
    struct config_paths watches; /* texts, as watch_list_add takes them */
    struct config_paths record_schema_directories;
    char *webhook_url; /* empty: none */
    char *webhook_secret_file;
    struct config_gossip gossip;
    char *listen;
    bool public;
    uint64_t http_threads;
    uint64_t connections_max;
    uint64_t request_timeout_ms;
    uint64_t idle_timeout_ms;
    uint64_t diag_level; /* enum diag_level */
};

/* As config_load in config.h, and so are the others. */
MUST_USE bool monitor_config_load(struct monitor_config *out, const char *path, struct err *err);
void monitor_config_cleanup(struct monitor_config *config);
void monitor_config_append_json(struct buf *out, const struct monitor_config *config);
void monitor_config_append_help(struct buf *out);
void monitor_config_append_fixed_changes(struct buf *out, const struct monitor_config *old,
                                         const struct monitor_config *new);

#endif
