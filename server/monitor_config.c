#include "server/monitor_config.h"

#include "base/diag.h"

#define AT(field) offsetof(struct monitor_config, field)

static const struct config_member members[] = {
    {"role", CONFIG_CHOICE, 0, 0, 0, 0, "monitor", NULL, false,
     "what this daemon is; this table is that of a monitor"},
    {"policy_file", CONFIG_PATH, AT(policy_file), 0, 0, 0, "policy", NULL, false,
     "logs to watch, each with its URL; witnesses and quorum to trust (C2SP tlog-policy)"},
    {"data_dir", CONFIG_PATH, AT(data_dir), 0, 0, 0, "data", NULL, false,
     "how far it has come, what replay needs, and all alerts, each log under the SHA-256 of its "
     "origin"},
    {"interval_s", CONFIG_UINT, AT(interval_s), 1, 86400, 10, NULL, NULL, false,
     "seconds between two looks"},
    {"stale_minutes", CONFIG_UINT, AT(stale_minutes), 0, 1000000, 90, NULL, NULL, false,
     "an alert when no new head came for so long; 0: never"},
    {"rechecked_bundles", CONFIG_UINT, AT(rechecked_bundles), 1, 1024, 2, NULL, NULL, false,
     "old bundles read again in each look"},
    {"watches", CONFIG_OTHER, AT(watches), 0, 0, 0, NULL, &config_texts_member, false,
     "entries to tell of: approver=ID, workflow=ID, override, flag=RULE or flag=*"},
    {"record_schema_directories", CONFIG_OTHER, AT(record_schema_directories), 0, 0, 0, NULL,
     &config_paths_member, false, "the log's own record types (.cddl files)"},
    {"webhook_url", CONFIG_TEXT, AT(webhook_url), 0, 0, 0, "", NULL, false,
     "where alerts are posted; empty: nowhere"},
    {"webhook_secret_file", CONFIG_PATH, AT(webhook_secret_file), 0, 0, 0, "webhook.secret", NULL,
     false, "the secret that signs what is posted"},
    {"gossip", CONFIG_OTHER, AT(gossip), 0, 0, 0, "null", &config_gossip_member, false,
     "heads to exchange: name, policy_file, directory, interval_s, peers"},
    {"listen", CONFIG_TEXT, AT(listen), 0, 0, 0, "127.0.0.1:8080", NULL, false,
     "address and port of /metrics; port 0 takes a free one"},
    {"public", CONFIG_BOOL, AT(public), 0, 1, 0, NULL, NULL, false,
     "whether listen may be anything but loopback"},
    CONFIG_TRANSPORT_MEMBERS(struct monitor_config),
    {"diag_level", CONFIG_LEVEL, AT(diag_level), 0, 0, DIAG_INFO, NULL, NULL, true,
     "error, warn, info or debug"},
};

const struct config_table monitor_config_table = {
    .members = members,
    .member_count = sizeof(members) / sizeof(members[0]),
};
