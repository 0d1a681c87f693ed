#include "server/monitor_daemon.h"

#include <stdatomic.h>

#include "base/diag.h"
#include "base/file.h"
#include "client/fetch/outside_url.h"
#include "server/gossip_part.h"
#include "server/monitor_config.h"
#include "server/role/monitor/endpoints.h"
#include "server/serving.h"
#include "server/transport/transport.h"

enum { REQUEST_BYTES_MAX = 64 << 20 }; /* of all requests: gossip alone has bodies */

/* In the order they are opened; closed in reverse. */
struct parts {
    struct monitor_config config;
    struct policy policy;
    struct record_schema *schema;
    struct watch_list watches;
    struct gossip_part gossip;
    struct service service;
    _Atomic(struct gossip *) gossip_to_tell; /* of heads; NULL: not yet, or never */
    struct role role;
};

static bool load_policy(struct parts *parts, struct err *err)
{
    const char *path = parts->config.policy_file;
    struct buf text = {0};
    bool ok = file_read(&text, path, POLICY_LEN_MAX, err) &&
              policy_parse(&parts->policy, bytes_of_buf(&text), err) &&
              watchers_check_policy(&parts->policy, err);

    buf_cleanup(&text);
    return ok || err_wrap(err, "policy_file %.200s", path);
}

static bool load_watches(struct parts *parts, struct err *err)
{
    const struct config_paths *texts = &parts->config.watches;

    for (size_t i = 0; i < texts->count; i++) {
        if (!watch_list_add(&parts->watches, texts->items[i], err))
            return err_wrap(err, "watches");
    }
    return true;
}

static bool check_webhook(const struct parts *parts, struct err *err)
{
    const struct monitor_config *config = &parts->config;
    struct buf secret = {0};
    bool ok = config->webhook_url[0] == '\0' ||
              (outside_url_check(config->webhook_url, err) &&
               post_read_secret(&secret, config->webhook_secret_file, err));

    buf_cleanup(&secret);
    return ok || err_wrap(err, "webhook_url");
}

static bool open_config(struct parts *parts, const char *path, struct err *err)
{
    const struct monitor_config *config = &parts->config;

    if (!config_table_load(&monitor_config_table, &parts->config, path, err))
        return false;
    diag_set_level((enum diag_level)config->diag_level);
    return serving_check_address(config->listen, config->public, err) &&
           gossip_part_prepare(&parts->gossip, &config->gossip, err) &&
           load_policy(parts, err) && load_watches(parts, err) && check_webhook(parts, err) &&
           record_schema_load(&parts->schema,
                              (const char *const *)config->record_schema_directories.items,
                              config->record_schema_directories.count, err);
}

/* What others brought may be beyond what the log had shown: it is compared as soon as it is not. */
static void take_head(void *context, struct bytes note)
{
    struct parts *parts = context;
    struct gossip *gossip = atomic_load(&parts->gossip_to_tell);

    if (gossip != NULL)
        gossip_follow(gossip, note);
}

static bool start_watchers(struct parts *parts, struct err *err)
{
    const struct monitor_config *config = &parts->config;
    struct watchers_options options = {
        .each = {.monitor = {.policy = &parts->policy,
                             .schema = parts->schema,
                             .clock = clock_system(),
                             .watches = &parts->watches,
                             .stale_after_ms = config->stale_minutes * 60000,
                             .rechecked_per_poll = (unsigned)config->rechecked_bundles},
                 .interval_ms = config->interval_s * 1000,
                 .webhook_url = config->webhook_url,
                 .webhook_secret_file = config->webhook_secret_file,
                 .shown = take_head,
                 .shown_context = parts},
        .directory = config->data_dir,
        .gossip_policy = &parts->gossip.policy,
    };

    return watchers_start(&parts->service.watchers, &options, err);
}

static bool start_transport(struct parts *parts, struct err *err)
{
    const struct monitor_config *config = &parts->config;
    struct transport_options options =
        config_transport_options(&config->transport, config->listen, REQUEST_BYTES_MAX);

    parts->role = (struct role){.noun = "monitor",
                                .endpoints = monitor_endpoints,
                                .endpoint_count = monitor_endpoint_count,
                                .variant = 1};
    return transport_open(&parts->service.transport, &options, &parts->role, &parts->service,
                          err) &&
           transport_start(parts->service.transport, err);
}

_Static_assert(POOL_FORKS_MAX <= (int)MONITOR_FORKS_MAX, "the monitor takes every fork proof");

static void take_fork(void *context, const struct gossip_fork *fork)
{
    struct parts *parts = context;

    watchers_take_fork(parts->service.watchers, fork->origin, fork->number, fork->text,
                       fork->path);
}

static bool start_gossip(struct parts *parts, struct err *err)
{
    parts->gossip.options.convicted = take_fork;
    parts->gossip.options.context = parts;
    if (parts->gossip.is_wanted &&
        !gossip_start(&parts->service.gossip, &parts->gossip.options, err))
        return false;
    atomic_store(&parts->gossip_to_tell, parts->service.gossip);
    return true;
}

/* HTTP threads first: they look at the watchers. Those and gossip tell each other what they find. */
static void close_parts(struct parts *parts)
{
    transport_drain(parts->service.transport);
    transport_join(parts->service.transport);
    transport_close(parts->service.transport);
    watchers_join(parts->service.watchers);
    gossip_stop(parts->service.gossip);
    watchers_free(parts->service.watchers);
    gossip_part_cleanup(&parts->gossip);
    record_schema_free(parts->schema);
    policy_cleanup(&parts->policy);
    config_table_cleanup(&monitor_config_table, &parts->config);
}

static void reload(void *context)
{
    struct parts *parts = context;
    struct monitor_config config = {0};

    if (!serving_reload(&monitor_config_table, &config, &parts->config))
        return;
    diag_info("reloaded", "path=%s", config.path);
    config_table_cleanup(&monitor_config_table, &config);
}

bool monitor_daemon_run(const char *path, struct err *err)
{
    struct parts parts = {0};
    bool ok = open_config(&parts, path, err) && start_watchers(&parts, err) &&
              start_gossip(&parts, err) && start_transport(&parts, err);

    if (ok) {
        diag_info("serving", "monitored_logs=%zu", watchers_count(parts.service.watchers));
        serving_wait(reload, &parts);
        ok = watchers_check(parts.service.watchers, err);
    }
    close_parts(&parts);
    if (ok)
        diag_info("stopped", "what was verified is kept");
    return ok;
}

bool monitor_daemon_check(struct buf *out, const char *path, struct err *err)
{
    struct parts parts = {0};
    bool ok = open_config(&parts, path, err);

    if (ok)
        config_table_append_json(&monitor_config_table, out, &parts.config);
    close_parts(&parts);
    return ok;
}
