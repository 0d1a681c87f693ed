#include "server/oidc/providers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/text.h"
#include "client/fetch/outside_url.h"
#include "server/oidc/key_schedule.h"
#include "server/oidc/key_source.h"

struct provider {
    /* constant */
    const struct provider_options *options;
    struct providers *providers;
    /* under the lock of all */
    struct key_schedule schedule;
    /* any thread */
    struct snapshot_cell keys; /* struct jose_keys */
};

struct providers {
    /* constant */
    struct provider *items;
    size_t count;
    bool has_thread;
    pthread_t thread;
    /* any thread */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a load is due that was not */
    atomic_bool is_stopping;
};

static uint64_t now_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

/* ---- loading ---- */

static void say_loaded(const struct provider *provider, const struct jose_keys *keys)
{
    struct buf digest = {0};

    text_append_hex(&digest, hash_bytes(&keys->digest));
    diag_info("keys-loaded", "issuer=%s keys=%zu digest=%s", provider->options->issuer, keys->count,
              buf_text(&digest));
    buf_cleanup(&digest);
}

/* The same set again is no news. */
static void publish_take(struct provider *provider, struct jose_keys *keys)
{
    struct jose_keys *old = (struct jose_keys *)snapshot_cell_hold(&provider->keys);

    if (old == NULL || !hash_equal(&old->digest, &keys->digest))
        say_loaded(provider, keys);
    if (old != NULL)
        snapshot_release(&old->snapshot);
    snapshot_cell_publish_take(&provider->keys, &keys->snapshot);
}

static bool read_keys(struct provider *provider, struct err *err)
{
    struct jose_keys *keys;
    struct buf json = {0};
    bool ok = key_source_read(&json, provider->options->keys, JOSE_KEY_SET_LEN_MAX,
                              &provider->providers->is_stopping, err);

    if (ok && !jose_keys_parse(&keys, bytes_of_buf(&json), err))
        ok = err_wrap(err, "%s", provider->options->keys);
    if (ok)
        publish_take(provider, keys);
    buf_cleanup(&json);
    return ok;
}

/* The lock is not held while keys are on their way. */
static bool load(struct provider *provider, struct err *err)
{
    struct providers *providers = provider->providers;
    bool ok;

    pthread_mutex_lock(&providers->lock);
    key_schedule_begin(&provider->schedule, now_ms());
    pthread_mutex_unlock(&providers->lock);
    ok = read_keys(provider, err);
    pthread_mutex_lock(&providers->lock);
    key_schedule_end(&provider->schedule, ok);
    pthread_mutex_unlock(&providers->lock);
    return ok;
}

static bool is_due(struct provider *provider)
{
    uint64_t next_ms;

    pthread_mutex_lock(&provider->providers->lock);
    next_ms = key_schedule_next_ms(&provider->schedule);
    pthread_mutex_unlock(&provider->providers->lock);
    return next_ms <= now_ms();
}

void providers_load_due(struct providers *providers)
{
    for (size_t i = 0; i < providers->count; i++) {
        struct provider *provider = &providers->items[i];
        struct err err = {0};

        if (is_due(provider) && !load(provider, &err) && !atomic_load(&providers->is_stopping))
            diag_warn("keys-not-loaded", "issuer=%s %s", provider->options->issuer, err.text);
    }
}

/* ---- the thread ---- */

/* When the next load is due; the lock is held. */
static uint64_t first_load_ms(const struct providers *providers)
{
    uint64_t first_ms = UINT64_MAX;

    for (size_t i = 0; i < providers->count; i++) {
        uint64_t next_ms = key_schedule_next_ms(&providers->items[i].schedule);

        if (next_ms < first_ms)
            first_ms = next_ms;
    }
    return first_ms;
}

/* Until the time of the next load, which may come nearer meanwhile. */
static void wait_for_next(struct providers *providers)
{
    pthread_mutex_lock(&providers->lock);
    while (!atomic_load(&providers->is_stopping)) {
        uint64_t next_ms = first_load_ms(providers);
        struct timespec deadline = {
            .tv_sec = (time_t)(next_ms / 1000),
            .tv_nsec = (long)(next_ms % 1000 * 1000000),
        };

        if (next_ms <= now_ms())
            break;
        pthread_cond_timedwait(&providers->changed, &providers->lock, &deadline);
    }
    pthread_mutex_unlock(&providers->lock);
}

static void *run_thread(void *argument)
{
    struct providers *providers = argument;

    while (!atomic_load(&providers->is_stopping)) {
        providers_load_due(providers);
        wait_for_next(providers);
    }
    return NULL;
}

bool providers_start(struct providers *providers, struct err *err)
{
    int result;

    if (providers->count == 0)
        return true;
    result = pthread_create(&providers->thread, NULL, run_thread, providers);
    if (result != 0)
        return err_set_errno(err, ERR_IO, result, "start the thread for keys");
    providers->has_thread = true;
    return true;
}

/* ---- open and close ---- */

static struct providers *providers_new(const struct provider_options *options, size_t count)
{
    struct providers *providers = mem_alloc(sizeof(*providers));

    CHECK(count <= PROVIDERS_MAX);
    CHECK(pthread_mutex_init(&providers->lock, NULL) == 0);
    condition_init(&providers->changed);
    providers->items = mem_alloc_array(count, sizeof(*providers->items));
    providers->count = count;
    for (size_t i = 0; i < count; i++) {
        struct provider *provider = &providers->items[i];

        provider->options = &options[i];
        provider->providers = providers;
        provider->schedule.lifetime_ms = options[i].keys_lifetime_s * 1000;
        provider->schedule.interval_ms = options[i].keys_refetch_s * 1000;
        snapshot_cell_init(&provider->keys);
    }
    return providers;
}

bool providers_open(struct providers **out, const struct provider_options *options, size_t count,
                    struct err *err)
{
    struct providers *providers = providers_new(options, count);

    for (size_t i = 0; i < count; i++) {
        if (outside_url_is(options[i].keys) ? !outside_url_check(options[i].keys, err)
                                            : !load(&providers->items[i], err)) {
            err_wrap(err, "keys of %.100s", options[i].issuer);
            providers_close(providers);
            return false;
        }
    }
    *out = providers;
    return true;
}

void providers_close(struct providers *providers)
{
    if (providers == NULL)
        return;
    pthread_mutex_lock(&providers->lock);
    atomic_store(&providers->is_stopping, true);
    pthread_cond_signal(&providers->changed);
    pthread_mutex_unlock(&providers->lock);
    if (providers->has_thread)
        pthread_join(providers->thread, NULL);
    for (size_t i = 0; i < providers->count; i++)
        snapshot_cell_cleanup(&providers->items[i].keys);
    pthread_cond_destroy(&providers->changed);
    pthread_mutex_destroy(&providers->lock);
    free(providers->items);
    free(providers);
}

/* ---- use ---- */

struct provider *providers_find(struct providers *providers, const char *issuer)
{
    for (size_t i = 0; i < providers->count; i++) {
        if (strcmp(providers->items[i].options->issuer, issuer) == 0)
            return &providers->items[i];
    }
    return NULL;
}

const struct provider_options *provider_options(const struct provider *provider)
{
    return provider->options;
}

struct jose_keys *provider_hold_keys(struct provider *provider)
{
    struct providers *providers = provider->providers;
    bool has_keys;

    pthread_mutex_lock(&providers->lock);
    has_keys = key_schedule_has_keys(&provider->schedule, now_ms());
    pthread_mutex_unlock(&providers->lock);
    return has_keys ? (struct jose_keys *)snapshot_cell_hold(&provider->keys) : NULL;
}

bool provider_want_key(struct provider *provider)
{
    struct providers *providers = provider->providers;
    bool may_come;

    pthread_mutex_lock(&providers->lock);
    may_come = key_schedule_want(&provider->schedule, now_ms());
    if (may_come)
        pthread_cond_signal(&providers->changed);
    pthread_mutex_unlock(&providers->lock);
    return may_come;
}

void providers_reload(struct providers *providers)
{
    pthread_mutex_lock(&providers->lock);
    for (size_t i = 0; i < providers->count; i++)
        key_schedule_renew(&providers->items[i].schedule);
    pthread_cond_signal(&providers->changed);
    pthread_mutex_unlock(&providers->lock);
}
