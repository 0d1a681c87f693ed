#include "server/role/monitor/watchers.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/text.h"
#include "server/transport/metrics.h"

struct watched_log {
    const char *origin; /* of the policy */
    char *directory;
    char *label; /* origin="…" */
    struct watcher *watcher;
};

struct watchers {
    struct watchers_options options;
    struct watched_log *logs;
    size_t count;
    atomic_size_t running;
    /* of the thread that takes forks */
    struct watched_log *convicted; /* of those that are not watched */
    size_t convicted_count;
};

/* The first log of its name that has a URL: logs of one name are one, with several keys. */
static bool is_watched(const struct policy *policy, size_t log)
{
    if (policy->logs[log].url == NULL)
        return false;
    for (size_t i = 0; i < log; i++) {
        if (policy->logs[i].url != NULL &&
            strcmp(policy->logs[i].verifier.name, policy->logs[log].verifier.name) == 0)
            return false;
    }
    return true;
}

static size_t count_watched(const struct policy *policy)
{
    size_t count = 0;

    for (size_t i = 0; i < policy->log_count; i++)
        count += is_watched(policy, i) ? 1 : 0;
    return count;
}

bool watchers_check_policy(const struct policy *policy, struct err *err)
{
    return count_watched(policy) > 0 ||
           err_set(err, ERR_INVALID, "no log has a URL after its key, so there is none to watch");
}

static char *directory_of(const char *directory, const char *origin)
{
    struct buf name = {0};
    struct hash hash;
    char *path;

    hash_sha256(&hash, bytes_of_text(origin));
    text_append_hex(&name, hash_bytes(&hash));
    path = mem_format("%s/%s", directory, buf_text(&name));
    buf_cleanup(&name);
    return path;
}

/* The last one ends the daemon: somebody has to look. */
static void take_end(void *context)
{
    struct watchers *watchers = context;

    if (atomic_fetch_sub(&watchers->running, 1) == 1)
        kill(getpid(), SIGTERM);
}

/* each: what is not the log's own, and its URL. */
static bool start(struct watched_log *log, const struct watchers *watchers, const char *origin,
                  struct watcher_options each, struct err *err)
{
    struct buf label = {0};

    log->origin = origin;
    log->directory = directory_of(watchers->options.directory, log->origin);
    metrics_append_label(&label, "origin", log->origin);
    log->label = mem_copy_text(buf_text(&label));
    buf_cleanup(&label);
    each.monitor.origin = log->origin;
    each.directory = log->directory;
    return watcher_start(&log->watcher, &each, err) || err_wrap(err, "log %.200s", log->origin);
}

static void cleanup(struct watched_log *log)
{
    watcher_free(log->watcher);
    free(log->label);
    free(log->directory);
}

static bool start_watched(struct watchers *watchers, const struct policy_log *policy_log,
                          struct err *err)
{
    struct watcher_options each = watchers->options.each;

    each.monitor.url = policy_log->url;
    each.ended = take_end;
    each.ended_context = watchers;
    return start(&watchers->logs[watchers->count++], watchers, policy_log->verifier.name, each,
                 err);
}

static bool start_convicted(struct watchers *watchers, const char *origin, struct err *err)
{
    struct watcher_options each = watchers->options.each;
    struct watched_log log = {0};

    each.monitor.policy = watchers->options.gossip_policy;
    each.monitor.url = NULL;
    if (!start(&log, watchers, origin, each, err)) {
        cleanup(&log);
        return false;
    }
    watchers->convicted = mem_realloc_array(watchers->convicted, watchers->convicted_count + 1,
                                            sizeof(*watchers->convicted));
    watchers->convicted[watchers->convicted_count++] = log;
    return true;
}

bool watchers_start(struct watchers **out, const struct watchers_options *options,
                    struct err *err)
{
    const struct policy *policy = options->each.monitor.policy;
    struct watchers *watchers = mem_alloc(sizeof(*watchers));
    size_t count = count_watched(policy);
    bool ok = mkdir(options->directory, 0700) == 0 || errno == EEXIST ||
              err_set_errno(err, ERR_IO, errno, "%s", options->directory);

    watchers->options = *options;
    watchers->options.each.monitor.sharers = (unsigned)count;
    watchers->logs = mem_alloc_array(count, sizeof(*watchers->logs));
    atomic_store(&watchers->running, count);
    for (size_t i = 0; ok && i < policy->log_count; i++) {
        if (is_watched(policy, i))
            ok = start_watched(watchers, &policy->logs[i], err);
    }
    if (!ok) {
        watchers_free(watchers);
        return false;
    }
    *out = watchers;
    return true;
}

/* All are told first, so that none is waited for while another still works. */
void watchers_join(struct watchers *watchers)
{
    if (watchers == NULL)
        return;
    for (size_t i = 0; i < watchers->count; i++)
        watcher_end(watchers->logs[i].watcher);
    for (size_t i = 0; i < watchers->count; i++)
        watcher_join(watchers->logs[i].watcher);
}

void watchers_free(struct watchers *watchers)
{
    if (watchers == NULL)
        return;
    watchers_join(watchers);
    for (size_t i = 0; i < watchers->convicted_count; i++)
        watcher_end(watchers->convicted[i].watcher);
    for (size_t i = 0; i < watchers->convicted_count; i++)
        cleanup(&watchers->convicted[i]);
    for (size_t i = 0; i < watchers->count; i++)
        cleanup(&watchers->logs[i]);
    free(watchers->convicted);
    free(watchers->logs);
    free(watchers);
}

size_t watchers_count(const struct watchers *watchers)
{
    return watchers->count;
}

struct watcher *watchers_at(const struct watchers *watchers, size_t i)
{
    CHECK(i < watchers->count);
    return watchers->logs[i].watcher;
}

const char *watchers_label(const struct watchers *watchers, size_t i)
{
    CHECK(i < watchers->count);
    return watchers->logs[i].label;
}

static struct watcher *find(const struct watched_log *logs, size_t count, const char *origin)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(logs[i].origin, origin) == 0)
            return logs[i].watcher;
    }
    return NULL;
}

static struct watcher *find_any(const struct watchers *watchers, const char *origin)
{
    struct watcher *watcher = find(watchers->logs, watchers->count, origin);

    return watcher != NULL ? watcher
                           : find(watchers->convicted, watchers->convicted_count, origin);
}

void watchers_take_fork(struct watchers *watchers, const char *origin, unsigned number,
                        struct bytes text, const char *path)
{
    struct err err = {0};

    if (find_any(watchers, origin) == NULL && !start_convicted(watchers, origin, &err))
        diag_error("monitor-failed", "origin=%s: %s", origin, err.text);
    else
        watcher_take_fork(find_any(watchers, origin), number, text, path);
}

bool watchers_check(const struct watchers *watchers, struct err *err)
{
    for (size_t i = 0; i < watchers->count; i++) {
        if (!watcher_check(watchers->logs[i].watcher, err))
            return err_wrap(err, "log %.200s", watchers->logs[i].origin);
    }
    return true;
}
