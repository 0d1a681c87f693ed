/* Workers that ask logs: for their newest head, and what is open of those that others brought. */
#include "server/gossip/gossip_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "client/gossip/head_set.h"
#include "client/reader/prefix_reader.h"
#include "schemas/note.h"

enum { LOG_TIMEOUT_MS = 10000, WANTS_MAX = HEAD_SET_MAX + 1 /* all that can be open of a log */ };

/* ---- one log ---- */

static void follow_log(struct gossip *gossip, size_t log)
{
    struct fetch_request request = {.path = "checkpoint",
                                    .accept = "text/plain",
                                    .reply_len_max = NOTE_LEN_MAX,
                                    .timeout_ms = LOG_TIMEOUT_MS};
    struct fetch_reply reply = {0};
    struct err err = {0};
    bool ok = fetch_call(gossip->logs[log].fetcher, &reply, &request, 0, &err);

    if (ok) {
        enum pool_result result;

        pthread_mutex_lock(&gossip->lock);
        result = pool_follow(gossip->pool, bytes_of_buf(&reply.body));
        pthread_mutex_unlock(&gossip->lock);
        if (result == POOL_INVALID || result == POOL_UNKNOWN_LOG)
            ok = err_set(&err, ERR_INVALID, "no checkpoint signed by this log");
    }
    if (!atomic_load(&gossip->stop))
        gossip_tell_failure(&gossip->logs[log].has_failed, ok, "log",
                            pool_origin(gossip->pool, log), &err);
    buf_cleanup(&reply.body);
}

/*
 * One question: the log's tiles are read without the lock, the answer is given with it. A log that
 * does not answer is not asked further in this pass.
 */
static enum pool_result ask(struct gossip *gossip, const struct pool_want *want,
                            bool *has_given_up)
{
    struct err err = {0};
    enum pool_result result;
    struct proof path;
    bool ok = !*has_given_up && log_read_prefix(gossip->logs[want->log].fetcher, &path,
                                                want->old_size, want->new_size, &err);

    if (!ok && !*has_given_up && !atomic_load(&gossip->stop))
        diag_warn("gossip-no-tiles", "log=%s size=%" PRIu64 " error=%s",
                  pool_origin(gossip->pool, want->log), want->new_size, err.text);
    *has_given_up = !ok;
    pthread_mutex_lock(&gossip->lock);
    result = pool_answer(gossip->pool, want, ok ? &path : NULL);
    pthread_mutex_unlock(&gossip->lock);
    return result;
}

/* Asks what is open, and what is open after that, as long as answers bring something. */
static void ask_log(struct gossip *gossip, size_t log)
{
    struct pool_want *wants = mem_alloc_array(WANTS_MAX, sizeof(*wants));
    bool has_given_up = false;
    size_t settled;

    do {
        size_t count;

        settled = 0;
        pthread_mutex_lock(&gossip->lock);
        count = pool_wanted_of(gossip->pool, log, wants, WANTS_MAX);
        pthread_mutex_unlock(&gossip->lock);
        for (size_t i = 0; i < count && !atomic_load(&gossip->stop); i++)
            settled += ask(gossip, &wants[i], &has_given_up) != POOL_INVALID;
    } while (settled > 0 && !atomic_load(&gossip->stop));
    free(wants);
}

/* ---- workers ---- */

/* The next log in turn that has something to do and nobody at it; log_count: none. */
static size_t take_log(struct gossip *gossip)
{
    size_t count = pool_log_count(gossip->pool);

    for (size_t i = 0; i < count; i++) {
        size_t log = (gossip->next_log + i) % count;
        const struct gossip_log *state = &gossip->logs[log];

        if ((state->is_due || state->has_news) && !state->is_busy) {
            gossip->next_log = log + 1;
            return log;
        }
    }
    return count;
}

static void serve_log(struct gossip *gossip, size_t log)
{
    struct gossip_log *state = &gossip->logs[log];
    bool is_due = state->is_due;

    state->has_news = false;
    state->is_busy = true;
    pthread_mutex_unlock(&gossip->lock);
    if (is_due)
        follow_log(gossip, log);
    ask_log(gossip, log);
    pthread_mutex_lock(&gossip->lock);
    state->is_busy = false;
    if (is_due)
        state->is_due = false;
    gossip->has_changed = true;
    pthread_cond_broadcast(&gossip->wake);
}

static void *work(void *context)
{
    struct gossip *gossip = context;

    pthread_mutex_lock(&gossip->lock);
    while (!atomic_load(&gossip->stop)) {
        size_t log = take_log(gossip);

        if (log < pool_log_count(gossip->pool))
            serve_log(gossip, log);
        else
            pthread_cond_wait(&gossip->wake, &gossip->lock);
    }
    pthread_mutex_unlock(&gossip->lock);
    return NULL;
}

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

static bool open_fetchers(struct gossip *gossip, size_t *out_count, struct err *err)
{
    *out_count = 0;
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        const char *url = url_of_log(gossip, i);

        if (url == NULL)
            continue;
        if (!fetch_open(&gossip->logs[i].fetcher, url, err))
            return err_wrap(err, "log %.200s", url);
        gossip->logs[i].fetcher->stop = &gossip->stop;
        ++*out_count;
    }
    return true;
}

bool gossip_start_workers(struct gossip *gossip, struct err *err)
{
    size_t count;

    if (!open_fetchers(gossip, &count, err))
        return false;
    while (gossip->worker_count < count && gossip->worker_count < GOSSIP_WORKERS_MAX) {
        int failure = pthread_create(&gossip->workers[gossip->worker_count], NULL, work, gossip);

        if (failure != 0)
            return err_set_errno(err, ERR_IO, failure, "start a thread");
        gossip->worker_count++;
    }
    return true;
}

void gossip_join_workers(struct gossip *gossip)
{
    for (size_t i = 0; i < gossip->worker_count; i++)
        pthread_join(gossip->workers[i], NULL);
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++)
        fetch_close(gossip->logs[i].fetcher);
}

/* ---- rounds ---- */

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

void gossip_look_at_logs(struct gossip *gossip)
{
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        if (gossip->logs[i].fetcher == NULL)
            follow_own(gossip, i);
    }
    pthread_mutex_lock(&gossip->lock);
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++)
        gossip->logs[i].is_due = gossip->logs[i].fetcher != NULL;
    pthread_cond_broadcast(&gossip->wake);
    pthread_mutex_unlock(&gossip->lock);
}

bool gossip_has_due_logs(const struct gossip *gossip)
{
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        if (gossip->logs[i].is_due)
            return true;
    }
    return false;
}
