#include "server/role/monitor/watcher.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "schemas/record_fields.h"
#include "schemas/view.h"

static const char TOLD[] = "messages"; /* whose cursor in the keeper */

/* A fork that others have found. */
struct told_fork {
    struct buf text; /* empty: none */
    char *path;      /* NULL: not kept */
};

struct watcher {
    struct watcher_options options;
    struct fetcher *fetcher;
    struct keeper *keeper;
    struct monitor *monitor;
    struct courier *courier;
    pthread_t thread;
    bool is_running;
    atomic_bool stop;
    atomic_bool is_called; /* to end its look: stop, or some of forks are there */
    /* its thread only */
    uint64_t next_told; /* number of an alert */
    uint64_t told_size; /* of the last head it told of */
    struct record_fields fields;
    struct buf shown; /* the head that was told of last */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct watcher_view view;
    struct err failure;
    struct told_fork forks[MONITOR_FORKS_MAX];
};

/* ---- telling ---- */

static void tell_alert(struct watcher *watcher, const struct buf *json, struct err *err)
{
    struct buf encoded = {0};

    if (view_parse_json(&encoded, bytes_of_buf(json), err) &&
        record_fields_read(&watcher->fields, bytes_of_buf(&encoded), err)) {
        const struct field *alert = watcher->fields.fields;
        struct bytes kind = field_text(field_get(alert, "kind"));
        struct bytes state = field_text(field_get(alert, "state"));
        struct bytes text = field_text(field_get(alert, "text"));

        diag_warn("alert",
                  "origin=%s number=%" PRIu64 " finding=%" PRIu64 " state=%.*s kind=%.*s: %.*s",
                  watcher->options.monitor.origin, field_uint(field_get(alert, "number"), 0),
                  field_uint(field_get(alert, "finding"), 0), (int)state.len,
                  (const char *)state.data, (int)kind.len, (const char *)kind.data, (int)text.len,
                  (const char *)text.data);
    }
    buf_cleanup(&encoded);
}

static bool tell_alerts(struct watcher *watcher, struct err *err)
{
    uint64_t begin = watcher->next_told;
    struct buf json = {0};
    struct err end = {0};
    uint64_t number;

    while (end.code == ERR_NONE &&
           keeper_next_alert(watcher->keeper, watcher->next_told, &number, &json, &end)) {
        tell_alert(watcher, &json, &end);
        watcher->next_told = number + 1;
    }
    buf_cleanup(&json);
    if (end.code != ERR_NOT_FOUND) {
        *err = end;
        return false;
    }
    return watcher->next_told == begin ||
           keeper_set_cursor(watcher->keeper, TOLD, watcher->next_told, err);
}

static void tell_head(struct watcher *watcher)
{
    const struct monitor_figures *figures = monitor_figures(watcher->monitor);

    if (watcher->fetcher == NULL || figures->verified_size == watcher->told_size)
        return;
    watcher->told_size = figures->verified_size;
    diag_info("verified", "origin=%s head_size=%" PRIu64 " verified_size=%" PRIu64,
              watcher->options.monitor.origin, figures->head_size, figures->verified_size);
}

/* The same head with other cosignatures is told again: it is no other history, but costs nothing. */
static void pass_on_head(struct watcher *watcher)
{
    struct bytes note = monitor_shown_note(watcher->monitor);

    if (watcher->options.shown == NULL || note.len == 0 ||
        bytes_equal(note, bytes_of_buf(&watcher->shown)))
        return;
    buf_clear(&watcher->shown);
    buf_append_bytes(&watcher->shown, note);
    watcher->options.shown(watcher->options.shown_context, note);
}

static void show(struct watcher *watcher, const struct err *failure)
{
    pthread_mutex_lock(&watcher->lock);
    watcher->view.figures = *monitor_figures(watcher->monitor);
    watcher->view.has_failed = failure->code != ERR_NONE;
    watcher->failure = *failure;
    pthread_mutex_unlock(&watcher->lock);
}

/* ---- what others have found ---- */

static void told_fork_cleanup(struct told_fork *fork)
{
    buf_cleanup(&fork->text);
    free(fork->path);
    fork->path = NULL;
}

void watcher_take_fork(struct watcher *watcher, unsigned number, struct bytes text,
                       const char *path)
{
    struct told_fork *fork = &watcher->forks[number];

    CHECK(number < MONITOR_FORKS_MAX);
    pthread_mutex_lock(&watcher->lock);
    told_fork_cleanup(fork);
    buf_append_bytes(&fork->text, text);
    fork->path = path == NULL ? NULL : mem_copy_text(path);
    atomic_store(&watcher->is_called, true);
    pthread_mutex_unlock(&watcher->lock);
    pthread_cond_broadcast(&watcher->wake);
}

static void pass_on_forks(struct watcher *watcher)
{
    struct err err = {0};
    struct fork_proof proof;

    pthread_mutex_lock(&watcher->lock);
    atomic_store(&watcher->is_called, atomic_load(&watcher->stop));
    for (unsigned i = 0; i < MONITOR_FORKS_MAX; i++) {
        struct told_fork *fork = &watcher->forks[i];

        if (fork->text.len > 0 && fork_proof_parse(&proof, bytes_of_buf(&fork->text), &err))
            monitor_take_fork(watcher->monitor, i, &proof, fork->path);
        told_fork_cleanup(fork);
    }
    pthread_mutex_unlock(&watcher->lock);
}

/* ---- looking ---- */

/* A log that forked is told of at once, even if much of it is still to be read. */
static bool is_over(void *context)
{
    const struct watcher *watcher = context;

    return atomic_load(&watcher->is_called);
}

static void wait_for_turn(struct watcher *watcher)
{
    struct timespec until = condition_deadline(watcher->options.interval_ms);

    pthread_mutex_lock(&watcher->lock);
    while (!is_over(watcher) &&
           pthread_cond_timedwait(&watcher->wake, &watcher->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&watcher->lock);
}

/* A monitor that cannot keep what it knows ends: somebody has to look. */
static void *run(void *context)
{
    struct watcher *watcher = context;
    struct err err = {0};

    while (!atomic_load(&watcher->stop)) {
        pass_on_forks(watcher);
        if (monitor_poll(watcher->monitor, clock_monotonic_ns() / 1000000, &err))
            show(watcher, &err);
        if (err.code != ERR_NONE || !tell_alerts(watcher, &err)) {
            diag_error("monitor-failed", "origin=%s: %s", watcher->options.monitor.origin,
                       err.text);
            show(watcher, &err);
            if (watcher->options.ended != NULL)
                watcher->options.ended(watcher->options.ended_context);
            return NULL;
        }
        courier_wake(watcher->courier);
        tell_head(watcher);
        pass_on_head(watcher);
        wait_for_turn(watcher);
    }
    return NULL;
}

/* ---- the watcher ---- */

static bool open_monitor(struct watcher *watcher, struct err *err)
{
    struct monitor_options *options = &watcher->options.monitor;

    if (!keeper_open(&watcher->keeper, watcher->options.directory, options->sharers, err) ||
        !keeper_cursor(watcher->keeper, TOLD, &watcher->next_told, err) ||
        (options->url != NULL && !fetch_open(&watcher->fetcher, options->url, err)))
        return false;
    if (watcher->fetcher != NULL)
        watcher->fetcher->stop = &watcher->stop;
    options->keeper = watcher->keeper;
    options->fetcher = watcher->fetcher;
    options->is_over = is_over;
    options->context = watcher;
    options->stop = &watcher->is_called;
    return monitor_open(&watcher->monitor, options, err);
}

static bool start_courier(struct watcher *watcher, struct err *err)
{
    struct courier_options options = {
        .keeper = watcher->keeper,
        .poster = poster_curl(),
        .url = watcher->options.webhook_url,
        .secret_file = watcher->options.webhook_secret_file,
        .retry_first_ms = COURIER_RETRY_FIRST_MS,
        .retry_most_ms = COURIER_RETRY_MOST_MS,
    };

    return options.url[0] == '\0' || courier_start(&watcher->courier, &options, err);
}

static bool start_thread(struct watcher *watcher, struct err *err)
{
    int error = pthread_create(&watcher->thread, NULL, run, watcher);

    if (error != 0)
        return err_set_errno(err, ERR_IO, error, "start the thread of the monitor");
    watcher->is_running = true;
    return true;
}

bool watcher_start(struct watcher **out, const struct watcher_options *options, struct err *err)
{
    struct watcher *watcher = mem_alloc(sizeof(*watcher));
    const struct err fine = {0};

    watcher->options = *options;
    watcher->told_size = UINT64_MAX;
    CHECK(pthread_mutex_init(&watcher->lock, NULL) == 0);
    condition_init(&watcher->wake);
    if (open_monitor(watcher, err) && start_courier(watcher, err)) {
        show(watcher, &fine);
        if (start_thread(watcher, err)) {
            *out = watcher;
            return true;
        }
    }
    watcher_free(watcher);
    return false;
}

void watcher_show(struct watcher *watcher, struct watcher_view *out)
{
    pthread_mutex_lock(&watcher->lock);
    *out = watcher->view;
    pthread_mutex_unlock(&watcher->lock);
    if (watcher->courier != NULL) {
        out->webhook_delivered = courier_delivered(watcher->courier);
        out->webhook_refused = courier_refused(watcher->courier);
    }
}

bool watcher_check(struct watcher *watcher, struct err *err)
{
    bool ok;

    pthread_mutex_lock(&watcher->lock);
    ok = watcher->failure.code == ERR_NONE;
    if (!ok)
        *err = watcher->failure;
    pthread_mutex_unlock(&watcher->lock);
    return ok;
}

void watcher_end(struct watcher *watcher)
{
    if (watcher == NULL)
        return;
    pthread_mutex_lock(&watcher->lock);
    atomic_store(&watcher->stop, true);
    atomic_store(&watcher->is_called, true);
    pthread_mutex_unlock(&watcher->lock);
    pthread_cond_broadcast(&watcher->wake);
    courier_end(watcher->courier);
}

void watcher_join(struct watcher *watcher)
{
    watcher_end(watcher);
    if (watcher == NULL || !watcher->is_running)
        return;
    pthread_join(watcher->thread, NULL);
    watcher->is_running = false;
}

void watcher_free(struct watcher *watcher)
{
    if (watcher == NULL)
        return;
    watcher_join(watcher);
    courier_stop(watcher->courier);
    monitor_close(watcher->monitor);
    fetch_close(watcher->fetcher);
    keeper_close(watcher->keeper);
    for (unsigned i = 0; i < MONITOR_FORKS_MAX; i++)
        told_fork_cleanup(&watcher->forks[i]);
    record_fields_cleanup(&watcher->fields);
    buf_cleanup(&watcher->shown);
    pthread_cond_destroy(&watcher->wake);
    pthread_mutex_destroy(&watcher->lock);
    free(watcher);
}
