#include "server/gossip/gossip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/condition.h"
#include "server/gossip/gossip_parts.h"
#include "server/transport/metrics.h"

/* Until there is news, the time is over or everything ends. True: there is news. */
static bool wait_for_news(struct gossip *gossip, const struct timespec *until)
{
    bool has_news;

    pthread_mutex_lock(&gossip->lock);
    while (!gossip->has_news && !atomic_load(&gossip->stop) &&
           pthread_cond_timedwait(&gossip->wake, &gossip->lock, until) != ETIMEDOUT)
        continue;
    has_news = gossip->has_news;
    gossip->has_news = false;
    pthread_mutex_unlock(&gossip->lock);
    return has_news;
}

static void *run(void *context)
{
    struct gossip *gossip = context;

    gossip_tell_old_forks(gossip);
    while (!atomic_load(&gossip->stop)) {
        struct timespec until = condition_deadline(gossip->options.interval_ms);

        gossip_round(gossip);
        while (wait_for_news(gossip, &until) && !atomic_load(&gossip->stop))
            gossip_react(gossip);
    }
    return NULL;
}

static void init_lock(struct gossip *gossip)
{
    pthread_mutex_init(&gossip->lock, NULL);
    condition_init(&gossip->wake);
}

static void gossip_free(struct gossip *gossip)
{
    gossip_close_fetchers(gossip);
    pool_free(gossip->pool);
    pthread_cond_destroy(&gossip->wake);
    pthread_mutex_destroy(&gossip->lock);
    buf_cleanup(&gossip->saved);
    free(gossip);
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

bool gossip_start(struct gossip **out, const struct gossip_options *options, struct err *err)
{
    struct gossip *gossip = mem_alloc(sizeof(*gossip));
    int failure;

    CHECK(options->peer_count <= GOSSIP_PEERS_MAX);
    gossip->options = *options;
    init_lock(gossip);
    gossip->pool = new_pool(gossip);
    if (!gossip_load(gossip, err) || !gossip_open_fetchers(gossip, err)) {
        gossip_free(gossip);
        return err_wrap(err, "gossip");
    }
    failure = pthread_create(&gossip->thread, NULL, run, gossip);
    if (failure != 0) {
        gossip_free(gossip);
        return err_set(err, ERR_IO, "gossip: start a thread: %s", strerror(failure));
    }
    *out = gossip;
    return true;
}

void gossip_stop(struct gossip *gossip)
{
    if (gossip == NULL)
        return;
    pthread_mutex_lock(&gossip->lock);
    atomic_store(&gossip->stop, true);
    pthread_cond_signal(&gossip->wake);
    pthread_mutex_unlock(&gossip->lock);
    pthread_join(gossip->thread, NULL);
    gossip_free(gossip);
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
    if (out_counts->results[POOL_HELD] + out_counts->results[POOL_FORK] > 0) {
        gossip->has_news = true;
        pthread_cond_signal(&gossip->wake);
    }
    pthread_mutex_unlock(&gossip->lock);
    gossip_count(gossip, GOSSIP_PEERS_MAX, out_counts);
    return ok;
}

void gossip_follow(struct gossip *gossip, struct bytes note)
{
    enum pool_result result;

    pthread_mutex_lock(&gossip->lock);
    result = pool_follow(gossip->pool, note);
    if (result == POOL_HELD || result == POOL_FORK) {
        gossip->has_news = true;
        pthread_cond_signal(&gossip->wake);
    }
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
    for (size_t i = 0; i < POOL_RESULTS; i++) {
        char *labels = mem_format("peer=\"%s\",result=\"%s\"", name,
                                  pool_result_name((enum pool_result)i));

        metrics_append_uint(out, "vouch_monitor_gossip_heads_total", labels,
                            atomic_load(&gossip->results[bringer][i]));
        free(labels);
    }
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
