/* What a round does over the network. The pool is locked for moments only, never while waiting. */
#include "server/gossip/gossip_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "client/gossip/head_set.h"
#include "client/reader/prefix_reader.h"
#include "schemas/note.h"

enum {
    PEER_TIMEOUT_MS = 10000,
    LOG_TIMEOUT_MS = 10000,
    WANTS_MAX = POLICY_LOGS_MAX * (HEAD_SET_MAX + 1), /* all that can be open */
};

/* ---- whom to ask ---- */

/* The URL of a log of the pool: the policy's first for its name; NULL: none. */
static const char *url_of_log(const struct gossip *gossip, size_t log)
{
    const struct policy *policy = gossip->options.policy;

    for (size_t i = 0; i < policy->log_count; i++) {
        if (policy->logs[i].url != NULL &&
            strcmp(policy->logs[i].verifier.name, pool_origin(gossip->pool, log)) == 0)
            return policy->logs[i].url;
    }
    return NULL;
}

bool gossip_open_fetchers(struct gossip *gossip, struct err *err)
{
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        const char *url = url_of_log(gossip, i);

        if (url != NULL && !fetch_open(&gossip->log_fetchers[i], url, err))
            return err_wrap(err, "log %.200s", url);
    }
    for (size_t i = 0; i < gossip->options.peer_count; i++) {
        if (!fetch_open_http(&gossip->peer_fetchers[i], gossip->options.peers[i].url, err))
            return err_wrap(err, "peer %.200s", gossip->options.peers[i].name);
    }
    return true;
}

void gossip_close_fetchers(struct gossip *gossip)
{
    for (size_t i = 0; i < POLICY_LOGS_MAX; i++)
        fetch_close(gossip->log_fetchers[i]);
    for (size_t i = 0; i < GOSSIP_PEERS_MAX; i++)
        fetch_close(gossip->peer_fetchers[i]);
}

/* Tells the operator when somebody stops answering, and when it is over; once each. */
static void tell_failure(bool *failed, bool ok, const char *whom, const char *name,
                         const struct err *err)
{
    if (!ok && !*failed)
        diag_warn("gossip-unreachable", "%s=%s error=%s", whom, name, err->text);
    else if (ok && *failed)
        diag_info("gossip-reachable", "%s=%s", whom, name);
    *failed = !ok;
}

/* ---- the logs ---- */

static void follow_log(struct gossip *gossip, size_t log)
{
    struct fetch_request request = {.path = "checkpoint",
                                    .accept = "text/plain",
                                    .reply_len_max = NOTE_LEN_MAX,
                                    .timeout_ms = LOG_TIMEOUT_MS};
    struct fetch_reply reply = {0};
    struct err err = {0};
    bool ok = fetch_call(gossip->log_fetchers[log], &reply, &request, 0, &err);

    if (ok) {
        enum pool_result result;

        pthread_mutex_lock(&gossip->lock);
        result = pool_follow(gossip->pool, bytes_of_buf(&reply.body));
        pthread_mutex_unlock(&gossip->lock);
        if (result == POOL_INVALID || result == POOL_UNKNOWN_LOG)
            ok = err_set(&err, ERR_INVALID, "no checkpoint signed by this log");
    }
    tell_failure(&gossip->log_failed[log], ok, "log", pool_origin(gossip->pool, log), &err);
    buf_cleanup(&reply.body);
}

/* The daemon has a head of its own, and checked it better than tiles could. */
static void follow_own(struct gossip *gossip, size_t log)
{
    struct buf note = {0};

    if (gossip->options.newest != NULL &&
        gossip->options.newest(gossip->options.context, pool_origin(gossip->pool, log), &note)) {
        pthread_mutex_lock(&gossip->lock);
        (void)pool_follow_verified(gossip->pool, bytes_of_buf(&note));
        pthread_mutex_unlock(&gossip->lock);
    }
    buf_cleanup(&note);
}

/*
 * One question: the log's tiles are read without the lock, the answer is given with it. A log that
 * does not answer is not asked further in this pass.
 */
static enum pool_result ask_log(struct gossip *gossip, const struct pool_want *want,
                                bool *has_given_up)
{
    struct err err = {0};
    enum pool_result result;
    struct proof path;
    bool ok = !*has_given_up && log_read_prefix(gossip->log_fetchers[want->log], &path,
                                                want->old_size, want->new_size, &err);

    if (!ok && !*has_given_up)
        diag_warn("gossip-no-tiles", "log=%s size=%" PRIu64 " error=%s",
                  pool_origin(gossip->pool, want->log), want->new_size, err.text);
    *has_given_up = !ok;
    pthread_mutex_lock(&gossip->lock);
    result = pool_answer(gossip->pool, want, ok ? &path : NULL);
    pthread_mutex_unlock(&gossip->lock);
    return result;
}

/* Asks what is open, and what is open after that, as long as answers bring something. */
static void ask_logs(struct gossip *gossip)
{
    struct pool_want *wants = mem_alloc_array(WANTS_MAX, sizeof(*wants));
    bool has_given_up[POLICY_LOGS_MAX];
    size_t settled;

    for (size_t i = 0; i < POLICY_LOGS_MAX; i++)
        has_given_up[i] = gossip->log_fetchers[i] == NULL;
    do {
        size_t count;

        settled = 0;
        pthread_mutex_lock(&gossip->lock);
        count = pool_wanted(gossip->pool, wants, WANTS_MAX);
        pthread_mutex_unlock(&gossip->lock);
        for (size_t i = 0; i < count && !atomic_load(&gossip->stop); i++)
            settled += ask_log(gossip, &wants[i], &has_given_up[wants[i].log]) != POOL_INVALID;
    } while (settled > 0 && !atomic_load(&gossip->stop));
    free(wants);
}

/* ---- the peers ---- */

static bool take_reply(struct gossip *gossip, size_t peer, struct bytes text, struct err *err)
{
    struct exchange_counts counts;
    bool ok;

    pthread_mutex_lock(&gossip->lock);
    ok = exchange_take(gossip->pool, peer, text, &counts, err);
    pthread_mutex_unlock(&gossip->lock);
    gossip_count(gossip, peer, &counts);
    return ok;
}

static void exchange_with(struct gossip *gossip, size_t peer)
{
    struct fetch_request request = {.path = "gossip/v1/heads",
                                    .accept = "text/plain",
                                    .content_type = "text/plain",
                                    .reply_len_max = EXCHANGE_LEN_MAX,
                                    .timeout_ms = PEER_TIMEOUT_MS};
    struct fetch_reply reply = {0};
    struct buf body = {0};
    struct err err = {0};
    bool ok;

    pthread_mutex_lock(&gossip->lock);
    pool_append_heads(gossip->pool, &body, EXCHANGE_LEN_MAX);
    pthread_mutex_unlock(&gossip->lock);
    request.body = bytes_of_buf(&body);
    ok = fetch_call(gossip->peer_fetchers[peer], &reply, &request, 0, &err) &&
         take_reply(gossip, peer, bytes_of_buf(&reply.body), &err);
    tell_failure(&gossip->peer_failed[peer], ok, "peer", gossip->options.peers[peer].name, &err);
    buf_cleanup(&body);
    buf_cleanup(&reply.body);
}

static void exchange_with_all(struct gossip *gossip)
{
    for (size_t i = 0; i < gossip->options.peer_count && !atomic_load(&gossip->stop); i++)
        exchange_with(gossip, i);
}

/* ---- all of it ---- */

void gossip_react(struct gossip *gossip)
{
    ask_logs(gossip);
    if (gossip_tell_forks(gossip))
        exchange_with_all(gossip);
    gossip_save(gossip);
}

void gossip_round(struct gossip *gossip)
{
    for (size_t i = 0; i < pool_log_count(gossip->pool) && !atomic_load(&gossip->stop); i++) {
        if (gossip->log_fetchers[i] != NULL)
            follow_log(gossip, i);
        else
            follow_own(gossip, i);
    }
    ask_logs(gossip);
    exchange_with_all(gossip);
    gossip_react(gossip);
    atomic_fetch_add(&gossip->rounds, 1);
}
