#include "client/monitor/courier.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "client/fetch/outside_url.h"

struct courier {
    struct courier_options options;
    struct buf secret;
    pthread_t thread;
    bool is_running;
    atomic_bool stop;
    _Atomic uint64_t delivered;
    _Atomic uint64_t refused;
    uint64_t next; /* its thread's: number of the alert to be told next */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool has_more;
    bool is_idle; /* waits for more */
};

/* ---- waiting ---- */

static void wait_ms(struct courier *courier, uint64_t ms)
{
    struct timespec until = condition_deadline(ms);

    pthread_mutex_lock(&courier->lock);
    while (!atomic_load(&courier->stop) &&
           pthread_cond_timedwait(&courier->wake, &courier->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&courier->lock);
}

static void wait_for_more(struct courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    courier->is_idle = !courier->has_more;
    pthread_cond_broadcast(&courier->wake);
    while (!atomic_load(&courier->stop) && !courier->has_more)
        pthread_cond_wait(&courier->wake, &courier->lock);
    courier->has_more = false;
    courier->is_idle = false;
    pthread_mutex_unlock(&courier->lock);
}

/* ---- one alert ---- */

/* Attempts until it is taken or refused; false when the courier ends before. */
static bool deliver(struct courier *courier, uint64_t number, struct bytes body)
{
    uint64_t pause_ms = courier->options.retry_first_ms;
    char id[24];
    struct post post = {.url = courier->options.url,
                        .secret = bytes_of_buf(&courier->secret),
                        .id_header = "Vouch-Alert",
                        .id = id,
                        .body = body,
                        .stop = &courier->stop};

    snprintf(id, sizeof(id), "%" PRIu64, number);
    while (!atomic_load(&courier->stop)) {
        struct err err = {0};

        post.now_s = clock_unix_ms(clock_system()) / 1000;
        if (courier->options.poster->post(courier->options.poster, &post, &err)) {
            atomic_fetch_add(&courier->delivered, 1);
            return true;
        }
        if (err.code == ERR_REFUSED) {
            diag_error("webhook-dropped", "alert=%" PRIu64 " url=%.200s: %s", number, post.url,
                       err.text);
            atomic_fetch_add(&courier->refused, 1);
            return true;
        }
        diag_warn("webhook-failed", "alert=%" PRIu64 " url=%.200s retry_ms=%" PRIu64 ": %s", number,
                  post.url, pause_ms, err.text);
        wait_ms(courier, pause_ms);
        pause_ms = pause_ms * 2 < courier->options.retry_most_ms ? pause_ms * 2
                                                                 : courier->options.retry_most_ms;
    }
    return false;
}

/* All that there are. False: the keeper cannot be read or written, so there is no going on. */
static bool deliver_all(struct courier *courier)
{
    struct buf body = {0};
    struct err err = {0};
    uint64_t number;
    bool ok = true;

    while (ok && keeper_next_alert(courier->options.keeper, courier->next, &number, &body, &err)) {
        if (!deliver(courier, number, bytes_of_buf(&body)))
            break;
        courier->next = number + 1;
        ok = keeper_set_cursor(courier->options.keeper, courier->options.url, courier->next, &err);
    }
    buf_cleanup(&body);
    ok = ok && (err.code == ERR_NONE || err.code == ERR_NOT_FOUND);
    if (!ok)
        diag_error("webhook-ended", "url=%.200s: %s", courier->options.url, err.text);
    return ok;
}

static void *run(void *context)
{
    struct courier *courier = context;

    while (!atomic_load(&courier->stop) && deliver_all(courier))
        wait_for_more(courier);
    return NULL;
}

/* ---- the courier ---- */

static bool start(struct courier *courier, struct err *err)
{
    int error;

    if (!outside_url_check(courier->options.url, err) ||
        !post_read_secret(&courier->secret, courier->options.secret_file, err) ||
        !keeper_cursor(courier->options.keeper, courier->options.url, &courier->next, err))
        return err_wrap(err, "webhook %.200s", courier->options.url);
    error = pthread_create(&courier->thread, NULL, run, courier);
    if (error != 0)
        return err_set_errno(err, ERR_IO, error, "start the thread of a webhook");
    courier->is_running = true;
    return true;
}

bool courier_start(struct courier **out, const struct courier_options *options, struct err *err)
{
    struct courier *courier = mem_alloc(sizeof(*courier));

    courier->options = *options;
    CHECK(pthread_mutex_init(&courier->lock, NULL) == 0);
    condition_init(&courier->wake);
    if (!start(courier, err)) {
        courier_stop(courier);
        return false;
    }
    *out = courier;
    return true;
}

void courier_wake(struct courier *courier)
{
    if (courier == NULL)
        return;
    pthread_mutex_lock(&courier->lock);
    courier->has_more = true;
    pthread_mutex_unlock(&courier->lock);
    pthread_cond_broadcast(&courier->wake);
}

void courier_finish(struct courier *courier, uint64_t ms)
{
    struct timespec until = condition_deadline(ms);

    if (courier == NULL)
        return;
    pthread_mutex_lock(&courier->lock);
    while ((!courier->is_idle || courier->has_more) &&
           pthread_cond_timedwait(&courier->wake, &courier->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&courier->lock);
}

uint64_t courier_delivered(const struct courier *courier)
{
    return atomic_load(&courier->delivered);
}

uint64_t courier_refused(const struct courier *courier)
{
    return atomic_load(&courier->refused);
}

void courier_end(struct courier *courier)
{
    if (courier == NULL)
        return;
    pthread_mutex_lock(&courier->lock);
    atomic_store(&courier->stop, true);
    pthread_mutex_unlock(&courier->lock);
    pthread_cond_broadcast(&courier->wake);
}

void courier_stop(struct courier *courier)
{
    if (courier == NULL)
        return;
    courier_end(courier);
    if (courier->is_running)
        pthread_join(courier->thread, NULL);
    if (courier->secret.len > 0)
        explicit_bzero(courier->secret.data, courier->secret.len);
    buf_cleanup(&courier->secret);
    pthread_cond_destroy(&courier->wake);
    pthread_mutex_destroy(&courier->lock);
    free(courier);
}
