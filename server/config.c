#include "server/config.h"

#include "base/diag.h"
#include "server/config_providers.h"

enum { KIB = 1024, MIB = 1024 * KIB };

static bool read_providers(void *at, const json_t *value, const char *name, struct err *err)
{
    struct config_provider_list *list = at;

    (void)name;
    return config_providers_read(&list->items, &list->count, value, err);
}

static void append_providers(struct buf *out, const void *at)
{
    const struct config_provider_list *list = at;

    config_providers_append_json(out, list->items, list->count);
}

static void make_providers_absolute(void *at, const char *directory)
{
    struct config_provider_list *list = at;

    config_providers_make_absolute(list->items, list->count, directory);
}

static void cleanup_providers(void *at)
{
    struct config_provider_list *list = at;

    config_providers_free(list->items, list->count);
    *list = (struct config_provider_list){0};
}

static const struct config_other providers_member = {
    .read = read_providers,
    .append_json = append_providers,
    .make_absolute = make_providers_absolute,
    .cleanup = cleanup_providers,
};

#define AT(field) offsetof(struct config, field)

static const struct config_member members[] = {
    {"role", CONFIG_CHOICE, 0, 0, 0, 0, "log", NULL, false,
     "what this daemon is; this table is that of a log"},
    {"origin", CONFIG_TEXT, AT(origin), 0, 0, 0, NULL, NULL, false,
     "name of the log, first line of its checkpoints"},
    {"listen", CONFIG_TEXT, AT(listen), 0, 0, 0, "127.0.0.1:8080", NULL, false,
     "address and port; port 0 takes a free one"},
    {"public", CONFIG_BOOL, AT(public), 0, 1, 0, NULL, NULL, false,
     "whether listen may be anything but loopback"},
    {"data_dir", CONFIG_PATH, AT(data_dir), 0, 0, 0, "data", NULL, false, "the store"},
    {"head_file", CONFIG_PATH, AT(head_file), 0, 0, 0, "head", NULL, false,
     "last published head; best on another device"},
    {"checkpoint_key_file", CONFIG_PATH, AT(checkpoint_key_file), 0, 0, 0, "keys/checkpoint.pem",
     NULL, false, "Ed25519 key that signs checkpoints"},
    {"receipt_key_file", CONFIG_PATH, AT(receipt_key_file), 0, 0, 0, "keys/receipt.pem", NULL,
     false, "P-256 key that signs receipts; evidence logs"},
    {"log_key_file", CONFIG_PATH, AT(log_key_file), 0, 0, 0, "keys/log.pem", NULL, false,
     "P-256 key that signs seals and what else the log says; evidence logs"},
    {"intake_key_file", CONFIG_PATH, AT(intake_key_file), 0, 0, 0, "keys/intake.pem", NULL, false,
     "P-256 key that signs what comes in unsigned; evidence logs"},
    {"run_documents", CONFIG_BOOL, AT(run_documents), 0, 1, 0, NULL, NULL, false,
     "whether POST /v1/runs takes runs of anybody and signs them"},
    {"identity_providers", CONFIG_OTHER, AT(providers), 0, 0, 0, NULL, &providers_member, false,
     "whose ID tokens are taken; see vouchd.json(5)"},
    {"record_schema_directories", CONFIG_OTHER, AT(record_schema_directories), 0, 0, 0, NULL,
     &config_paths_member, false, "where *.cddl of your own record types are"},
    {"webhooks", CONFIG_OTHER, AT(webhooks), 0, 0, 0, NULL, &config_webhooks_member, false,
     "who is told of requests for approval; see vouchd.json(5)"},
    {"webhook_dir", CONFIG_PATH, AT(webhook_dir), 0, 0, 0, "webhooks", NULL, false,
     "where it is remembered what webhooks were told"},
    {"webhook_retry_s", CONFIG_UINT, AT(webhook_retry_s), 1, 7 * 86400, 86400, NULL, NULL, false,
     "how long a webhook that fails is tried again"},
    {"anchors", CONFIG_OTHER, AT(anchors), 0, 0, 0, NULL, &config_anchors_member, false,
     "where heads are taken so that others know them; see vouchd.json(5)"},
    {"anchor_dir", CONFIG_PATH, AT(anchor_dir), 0, 0, 0, "anchors", NULL, false,
     "where what proves it is kept"},
    {"witness_policy_file", CONFIG_OPTIONAL_PATH, AT(witness_policy_file), 0, 0, 0, NULL, NULL,
     true, "tlog-policy of the witnesses to ask, and of their quorum"},
    {"witness_monitoring", CONFIG_OTHER, AT(witness_monitoring), 0, 0, 0, NULL,
     &config_monitoring_member, false, "where witnesses show what they hold, if elsewhere"},
    {"witness_dir", CONFIG_PATH, AT(witness_dir), 0, 0, 0, "witnesses", NULL, false,
     "where the newest witnessed head is kept"},
    {"witness_interval_ms", CONFIG_UINT, AT(witness_interval_ms), 0, 3600000, 250, NULL, NULL,
     false, "between two heads that witnesses are asked for"},
    {"witness_timeout_ms", CONFIG_UINT, AT(witness_timeout_ms), 100, 60000, 5000, NULL, NULL, false,
     "how long a witness may take for a reply"},
    CONFIG_TRANSPORT_MEMBERS(struct config),
    {"streams_max", CONFIG_UINT, AT(streams_max), 0, 1000000, 256, NULL, NULL, false,
     "clients that are told of entries at one time; more get 503"},
    {"stream_heartbeat_ms", CONFIG_UINT, AT(stream_heartbeat_ms), 100, 3600000, 15000, NULL, NULL,
     false, "after so long a stream without entries says that it is alive"},
    {"request_bytes_max", CONFIG_UINT, AT(request_bytes_max), 16 * MIB, UINT64_C(1) << 40,
     256 * MIB, NULL, NULL, false, "of all requests being read at one time"},
    {"queue_entries_max", CONFIG_UINT, AT(queue_entries_max), 1, 1000000, 16384, NULL, NULL, false,
     "entries waiting to be committed; more get 503"},
    {"queue_bytes_max", CONFIG_UINT, AT(queue_bytes_max), 64 * KIB, UINT64_C(1) << 40, 64 * MIB,
     NULL, NULL, false, "bytes waiting to be committed; more get 503"},
    {"cache_bytes", CONFIG_UINT, AT(cache_bytes), 1 * MIB, UINT64_C(1) << 40, 64 * MIB, NULL, NULL,
     false, "cache of the index database"},
    {"write_buffer_bytes", CONFIG_UINT, AT(write_buffer_bytes), 64 * KIB, 1024 * MIB, 16 * MIB,
     NULL, NULL, false, "write buffer of the index database"},
    {"low_space_bytes", CONFIG_UINT, AT(low_space_bytes), 0, UINT64_MAX >> 1, 256 * MIB, NULL, NULL,
     false, "with less free space writes get 503"},
    {"heartbeat_interval_ms", CONFIG_UINT, AT(heartbeat_interval_ms), 1000, 86400000, 3600000, NULL,
     NULL, false, "idle so long: a seal, and new cosignatures; refusals are logged as often"},
    {"diag_level", CONFIG_LEVEL, AT(diag_level), 0, 0, DIAG_INFO, NULL, NULL, true,
     "error, warn, info or debug"},
};

const struct config_table log_config_table = {
    .members = members,
    .member_count = sizeof(members) / sizeof(members[0]),
};

bool config_load(struct config *out, const char *path, struct err *err)
{
    *out = (struct config){0};
    return config_table_load(&log_config_table, out, path, err);
}

void config_cleanup(struct config *config)
{
    config_table_cleanup(&log_config_table, config);
    *config = (struct config){0};
}
