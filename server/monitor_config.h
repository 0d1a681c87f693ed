/* The configuration of a monitor; see config_table.h. */
#ifndef VOUCH_SERVER_MONITOR_CONFIG_H
#define VOUCH_SERVER_MONITOR_CONFIG_H

#include <stdint.h>

#include "server/config_gossip.h"
#include "server/config_paths.h"
#include "server/config_table.h"
#include "server/config_transport.h"

/* Units and ranges are in the table in monitor_config.c, which docs/MONITOR.md repeats. */
struct monitor_config {
    char *path; /* of the file itself */
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
    struct config_transport transport;
    uint64_t diag_level; /* enum diag_level */
};

extern const struct config_table monitor_config_table;

#endif
