/* The configuration of a log; see config_table.h. */
#ifndef VOUCH_SERVER_CONFIG_H
#define VOUCH_SERVER_CONFIG_H

#include <stdint.h>

#include "server/config_anchors.h"
#include "server/config_monitoring.h"
#include "server/config_paths.h"
#include "server/config_table.h"
#include "server/config_transport.h"
#include "server/config_webhooks.h"
#include "server/oidc/providers.h"

struct config_provider_list {
    struct provider_options *items;
    size_t count;
};

/* Units and ranges are in the table in config.c, which docs/man/vouchd.json.5 repeats. */
struct config {
    char *path; /* of the file itself */
    char *origin;
    char *listen;
    bool public;
    char *data_dir; /* paths are absolute once loaded */
    char *head_file;
    char *checkpoint_key_file;
    char *receipt_key_file;
    char *log_key_file;
    char *intake_key_file;
    bool run_documents;
    struct config_provider_list providers;
    struct config_paths record_schema_directories;
    struct config_webhooks webhooks;
    char *webhook_dir;
    uint64_t webhook_retry_s;
    struct config_anchors anchors;
    char *anchor_dir;
    char *witness_policy_file; /* NULL: there are no witnesses */
    struct config_monitoring witness_monitoring;
    char *witness_dir;
    uint64_t witness_interval_ms;
    uint64_t witness_timeout_ms;
    struct config_transport transport;
    uint64_t streams_max;
    uint64_t stream_heartbeat_ms;
    uint64_t request_bytes_max;
    uint64_t queue_entries_max;
    uint64_t queue_bytes_max;
    uint64_t cache_bytes;
    uint64_t write_buffer_bytes;
    uint64_t low_space_bytes;
    uint64_t heartbeat_interval_ms;
    uint64_t diag_level; /* enum diag_level */
};

extern const struct config_table log_config_table;

/* config_table_load and config_table_cleanup with it; both take a struct in any state. */
MUST_USE bool config_load(struct config *out, const char *path, struct err *err);
void config_cleanup(struct config *config);

#endif
