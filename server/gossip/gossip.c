#include "server/gossip/gossip.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/condition.h"
#include "base/diag.h"
#include "server/gossip/gossip_parts.h"
#include "server/transport/metrics.h"

enum { LOGS_PATIENCE_MS = 3000 }; /* how long a round waits for logs before peers are met */

/* Until condition is so, the time is over or everything ends; under lock. */
static void wait_until(struct gossip *gossip, bool (*condition)(const struct gossip *gossip),
                       const struct timespec *until)
{
    while (!condition(gossip) && !atomic_load(&gossip->stop) &&
           pthread_cond_timedwait(&gossip->wake, &gossip->lock, until) != ETIMEDOUT)
        continue;
}

static bool has_changed(const struct gossip *gossip)
{
    return gossip->has_changed;
}

static bool all_logs_answered(const struct gossip *gossip)
{
    return !gossip_has_due_logs(gossip);
}

/* True: something has changed before the time was over. */
static bool wait_for_change(struct gossip *gossip, const struct timespec *until)
{
    bool changed;

    pthread_mutex_lock(&gossip->lock);
    wait_until(gossip, has_changed, until);
    changed = gossip->has_changed;
    gossip->has_changed = false;
    pthread_mutex_unlock(&gossip->lock);
    return changed;
}

static void wait_for_logs(struct gossip *gossip)
{
    struct timespec until = condition_deadline(LOGS_PATIENCE_MS);

    pthread_mutex_lock(&gossip->lock);
    wait_until(gossip, all_logs_answered, &until);
    pthread_mutex_unlock(&gossip->lock);
}

/* Peers hear of what the logs showed in this round; of a log that is slow they hear later. */
static void begin_round(struct gossip *gossip)
{
    gossip_look_at_logs(gossip);
    wait_for_logs(gossip);
    (void)gossip_tell_forks(gossip);
    gossip_meet_peers(gossip);
    gossip_save(gossip);
    atomic_fetch_add(&gossip->rounds, 1);
}

static void *run(void *context)
{
    struct gossip *gossip = context;

    gossip_tell_old_forks(gossip);
    while (!atomic_load(&gossip->stop)) {
        struct timespec until = condition_deadline(gossip->options.interval_ms);

        begin_round(gossip);
        while (wait_for_change(gossip, &until) && !atomic_load(&gossip->stop)) {
            if (gossip_tell_forks(gossip))
                gossip_meet_peers(gossip);
            gossip_save(gossip);
        }
    }
    return NULL;
}

static void init_lock(struct gossip *gossip)
{
    pthread_mutex_init(&gossip->lock, NULL);
    condition_init(&gossip->wake);
}

static struct pool *new_pool(struct gossip *gossip)
{
    const struct gossip_options *options = &gossip->options;

    for (size_t i = 0; i < GOSSIP_SOURCES; i++)
        gossip->source_names[i] = i < options->peer_count ? options->peers[i].name : "client";
    return pool_new(&(struct pool_options){.policy = options->policy,
                                           .name = options->name,
                                           .source_names = gossip->source_names,
                                           .source_count = GOSSIP_SOURCES,
                                           .clock = options->clock});
}

static bool start_thread(struct gossip *gossip, struct err *err)
{
    int failure = pthread_create(&gossip->thread, NULL, run, gossip);

    if (failure != 0)
        return err_set_errno(err, ERR_IO, failure, "start a thread");
    gossip->is_running = true;
    return true;
}

bool gossip_start(struct gossip **out, const struct gossip_options *options, struct err *err)
{
    struct gossip *gossip = mem_alloc(sizeof(*gossip));

    CHECK(options->peer_count <= GOSSIP_PEERS_MAX);
    gossip->options = *options;
    init_lock(gossip);
    gossip->pool = new_pool(gossip);
    gossip->logs = mem_alloc_array(pool_log_count(gossip->pool), sizeof(*gossip->logs));
    if (gossip_load(gossip, err) && gossip_start_workers(gossip, err) &&
        gossip_start_links(gossip, err) && start_thread(gossip, err)) {
        *out = gossip;
        return true;
    }
    gossip_stop(gossip);
    return err_wrap(err, "gossip");
}

void gossip_stop(struct gossip *gossip)
{
    if (gossip == NULL)
        return;
    pthread_mutex_lock(&gossip->lock);
    atomic_store(&gossip->stop, true);
    pthread_cond_broadcast(&gossip->wake);
    pthread_mutex_unlock(&gossip->lock);
    if (gossip->is_running)
        pthread_join(gossip->thread, NULL);
    gossip_join_links(gossip);
    gossip_join_workers(gossip);
    free(gossip->logs);
    pool_free(gossip->pool);
    pthread_cond_destroy(&gossip->wake);
    pthread_mutex_destroy(&gossip->lock);
    buf_cleanup(&gossip->saved);
    free(gossip);
}

void gossip_note_news(struct gossip *gossip, uint64_t held_count, uint64_t fork_count)
{
    if (held_count + fork_count == 0)
        return;
    for (size_t i = 0; held_count > 0 && i < pool_log_count(gossip->pool); i++)
        gossip->logs[i].has_news = gossip->logs[i].fetcher != NULL;
    gossip->has_changed = true;
    pthread_cond_broadcast(&gossip->wake);
}

void gossip_tell_failure(bool *failed, bool ok, const char *whom, const char *name,
                         const struct err *err)
{
    if (!ok && !*failed)
        diag_warn("gossip-unreachable", "%s=%s error=%s", whom, name, err->text);
    else if (ok && *failed)
        diag_info("gossip-reachable", "%s=%s", whom, name);
    *failed = !ok;
}

void gossip_count(struct gossip *gossip, size_t bringer, const struct exchange_counts *counts)
{
    for (size_t i = 0; i < POOL_RESULTS; i++)
        atomic_fetch_add(&gossip->results[bringer][i], counts->results[i]);
}

bool gossip_receive(struct gossip *gossip, uint64_t client, struct bytes text,
                    struct exchange_counts *out_counts, struct buf *out, struct err *err)
{
    size_t source = GOSSIP_PEERS_MAX + client % GOSSIP_CLIENT_BUCKETS;
    bool ok;

    pthread_mutex_lock(&gossip->lock);
    ok = exchange_take(gossip->pool, source, text, out_counts, err);
    pool_append_heads(gossip->pool, out, EXCHANGE_LEN_MAX);
    gossip_note_news(gossip, out_counts->results[POOL_HELD], out_counts->results[POOL_FORK]);
    pthread_mutex_unlock(&gossip->lock);
    gossip_count(gossip, GOSSIP_PEERS_MAX, out_counts);
    return ok;
}

void gossip_follow(struct gossip *gossip, struct bytes note)
{
    enum pool_result result;

    pthread_mutex_lock(&gossip->lock);
    result = pool_follow(gossip->pool, note);
    gossip_note_news(gossip, result == POOL_HELD, result == POOL_FORK);
    pthread_mutex_unlock(&gossip->lock);
}

size_t gossip_fork_count(struct gossip *gossip)
{
    size_t count = 0;

    pthread_mutex_lock(&gossip->lock);
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++)
        count += pool_fork(gossip->pool, i).len > 0 ? 1 : 0;
    pthread_mutex_unlock(&gossip->lock);
    return count;
}

static uint64_t longest_wait_s(struct gossip *gossip)
{
    uint64_t now_ms = clock_unix_ms(gossip->options.clock);
    uint64_t oldest_ms = now_ms;

    pthread_mutex_lock(&gossip->lock);
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        struct pool_state state;

        pool_log_state(gossip->pool, i, &state);
        if (state.waiting_count > 0 && state.oldest_seen_ms < oldest_ms)
            oldest_ms = state.oldest_seen_ms;
    }
    pthread_mutex_unlock(&gossip->lock);
    return (now_ms - oldest_ms) / 1000;
}

static void append_results(struct buf *out, struct gossip *gossip, size_t bringer,
                           const char *name)
{
    struct buf labels = {0};

    for (size_t i = 0; i < POOL_RESULTS; i++) {
        buf_clear(&labels);
        metrics_append_label(&labels, "peer", name);
        buf_append_byte(&labels, ',');
        metrics_append_label(&labels, "result", pool_result_name((enum pool_result)i));
        metrics_append_uint(out, "vouch_monitor_gossip_heads_total", buf_text(&labels),
                            atomic_load(&gossip->results[bringer][i]));
    }
    buf_cleanup(&labels);
}

void gossip_append_metrics(struct buf *out, struct gossip *gossip)
{
    metrics_append_head(out, "vouch_monitor_gossip_heads_total", "counter",
                        "Heads and fork proofs that others brought, by what came of them.");
    for (size_t i = 0; i < gossip->options.peer_count; i++)
        append_results(out, gossip, i, gossip->options.peers[i].name);
    append_results(out, gossip, GOSSIP_PEERS_MAX, "client");
    metrics_append_counter(out, "vouch_monitor_gossip_rounds_total", "Rounds of gossip.",
                           atomic_load(&gossip->rounds));
    metrics_append_gauge(out, "vouch_monitor_gossip_convicted_logs",
                         "Logs that are convicted of a fork.", gossip_fork_count(gossip));
    metrics_append_gauge(out, "vouch_monitor_gossip_waiting_seconds",
                         "How long the oldest head waits to be shown to fit; 0: none waits.",
                         longest_wait_s(gossip));
}
