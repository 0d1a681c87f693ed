#include "server/anchoring/anchoring.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/diag.h"
#include "server/anchoring/anchor_entry.h"
#include "server/anchoring/anchor_files.h"
#include "server/anchoring/anchor_schedule.h"
#include "server/tlog/tlog_read.h"

enum {
    OWN_ENTRIES = 2,       /* what the log says of a success, and the seal after it */
    LOOK_AGAIN_MS = 60000, /* the clock may jump: no waiting is longer */
};

/* Brings heads to one target, in a thread of its own. */
struct courier {
    struct anchoring *anchoring;
    struct anchor_target target;
    struct anchor_files files;
    pthread_t thread;
    bool is_running;
    /* its thread only */
    struct kept_anchor latest;
    struct anchor_growth seen; /* at the newest success */
    uint64_t pause_window_ms;  /* of the next failure */
    /* its thread writes, any reads */
    _Atomic uint64_t latest_ms;
    _Atomic uint64_t successes;
    _Atomic uint64_t failures;
    atomic_bool is_stale;
};

struct anchoring {
    struct anchoring_options options;
    struct courier couriers[ANCHOR_TARGETS_MAX];
    uint64_t started_ms;
    atomic_bool stop;
    pthread_mutex_t say_lock; /* one says something at a time, so that own_entries is right */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct store_head head;
    uint64_t own_entries; /* added since the start by what the log said of anchors */
    unsigned growth_waiters;
};

static uint64_t now_ms(void)
{
    return clock_unix_ms(clock_system());
}

/* ---- staleness ---- */

/* Only while there is something to anchor: a log that does not grow misses nothing. */
static void look_at_age(struct courier *courier, bool has_news)
{
    const struct anchoring_options *options = &courier->anchoring->options;
    uint64_t latest_ms = atomic_load(&courier->latest_ms);
    uint64_t since_ms = latest_ms > 0 ? latest_ms : courier->anchoring->started_ms;
    bool is_stale = has_news && now_ms() > since_ms + courier->target.options->stale_s * 1000;
    struct anchoring_alert alert = {.target = courier->target.options->target,
                                    .kind = courier->target.options->kind,
                                    .is_stale = is_stale,
                                    .latest_ms = latest_ms,
                                    .stop = &courier->anchoring->stop};

    if (is_stale == atomic_load(&courier->is_stale))
        return;
    atomic_store(&courier->is_stale, is_stale);
    if (is_stale)
        diag_error("anchor-stale", "target=%s latest_ms=%" PRIu64, alert.target, latest_ms);
    else
        diag_info("anchor-again", "target=%s latest_ms=%" PRIu64, alert.target, latest_ms);
    if (options->alert != NULL)
        options->alert(options->context, &alert);
}

/* ---- waiting ---- */

static struct timespec monotonic_in(uint64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

/* Until that time or the end; false at the end. */
static bool wait_ms(struct anchoring *anchoring, uint64_t ms)
{
    struct timespec until = monotonic_in(ms);

    pthread_mutex_lock(&anchoring->lock);
    while (!atomic_load(&anchoring->stop) &&
           pthread_cond_timedwait(&anchoring->wake, &anchoring->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&anchoring->lock);
    return !atomic_load(&anchoring->stop);
}

/* Under lock. */
static struct anchor_growth growth(const struct anchoring *anchoring)
{
    return (struct anchor_growth){.size = anchoring->head.size, .own = anchoring->own_entries};
}

/* Under lock. */
static bool has_news(const struct courier *courier)
{
    struct anchor_growth now = growth(courier->anchoring);

    return anchor_has_news(&courier->seen, &now);
}

/* Waits for news; false at the end. */
static bool wait_for_news(struct courier *courier)
{
    struct anchoring *anchoring = courier->anchoring;

    pthread_mutex_lock(&anchoring->lock);
    anchoring->growth_waiters++;
    while (!atomic_load(&anchoring->stop) && !has_news(courier))
        pthread_cond_wait(&anchoring->wake, &anchoring->lock);
    anchoring->growth_waiters--;
    pthread_mutex_unlock(&anchoring->lock);
    return !atomic_load(&anchoring->stop);
}

static bool have_news(struct courier *courier)
{
    bool yes;

    pthread_mutex_lock(&courier->anchoring->lock);
    yes = has_news(courier);
    pthread_mutex_unlock(&courier->anchoring->lock);
    return yes;
}

static uint64_t due_in_ms(const struct courier *courier)
{
    return anchor_due_in_ms(atomic_load(&courier->latest_ms),
                            courier->target.options->interval_s * 1000, now_ms());
}

/* False at the end. */
static bool wait_until_due(struct courier *courier)
{
    uint64_t left_ms;

    while ((left_ms = due_in_ms(courier)) > 0) {
        look_at_age(courier, have_news(courier));
        if (!wait_ms(courier->anchoring, left_ms < LOOK_AGAIN_MS ? left_ms : LOOK_AGAIN_MS))
            return false;
    }
    return wait_for_news(courier);
}

/* False at the end. */
static bool pause_after_failure(struct courier *courier, const struct err *failure)
{
    const struct anchoring_options *options = &courier->anchoring->options;
    struct err ignored = {0};
    uint32_t random = 0;
    uint64_t pause_ms;

    if (!random_fill((uint8_t *)&random, sizeof(random), &ignored))
        random = 0;
    pause_ms = anchor_pause_ms(&courier->pause_window_ms, options->retry_first_ms,
                               options->retry_most_ms, random);
    atomic_fetch_add(&courier->failures, 1);
    diag_warn("anchor-failed", "target=%s in_ms=%" PRIu64 ": %s", courier->target.options->target, pause_ms,
              failure->text);
    look_at_age(courier, true);
    return wait_ms(courier->anchoring, pause_ms);
}

/* ---- one head ---- */

/* The published head and how far that is: not while the log is saying something of anchors. */
static struct store_head take_head(struct courier *courier, struct anchor_growth *out)
{
    struct anchoring *anchoring = courier->anchoring;
    struct store_head head;

    pthread_mutex_lock(&anchoring->say_lock);
    pthread_mutex_lock(&anchoring->lock);
    head = anchoring->head;
    *out = growth(anchoring);
    pthread_mutex_unlock(&anchoring->lock);
    pthread_mutex_unlock(&anchoring->say_lock);
    return head;
}

static bool keep(struct courier *courier, const struct anchor_attempt *attempt,
                 const struct anchor_success *success, struct err *err)
{
    struct anchor_file file = {.kind = anchor_target_proof_kind(courier->target.kind),
                               .target = bytes_of_text(courier->target.options->target),
                               .location = bytes_of_buf(&success->location),
                               .time_ms = now_ms(),
                               .proof = success->proof,
                               .note = attempt->note};
    struct buf text = {0};
    bool ok;

    anchor_file_append(&text, &file);
    ok = anchor_files_put_pending(&courier->files, bytes_of_buf(&text), err);
    buf_cleanup(&text);
    return ok;
}

static bool give(struct courier *courier, const struct checkpoint *head, uint64_t head_at_ms,
                 struct bytes note, struct err *err)
{
    struct anchor_attempt attempt = {.target = &courier->target,
                                     .head = head,
                                     .note = note,
                                     .head_at_ms = head_at_ms,
                                     .latest = courier->latest.is_there ? &courier->latest.file
                                                                       : NULL,
                                     .stop = &courier->anchoring->stop};
    struct anchor_success success = {0};
    struct err ignored = {0};
    bool ok = anchor_target_give(&success, &attempt, err) && keep(courier, &attempt, &success, err);

    if (success.diverging.len > 0 &&
        !anchor_files_put_diverging(&courier->files, bytes_of_buf(&success.diverging), &ignored))
        diag_error("anchor-files-failed", "%s", ignored.text);
    anchor_success_cleanup(&success);
    return ok;
}

/* Gives the newest head to the target; what comes of it is pending then. */
static bool attempt(struct courier *courier, struct err *err)
{
    const struct anchoring_options *options = &courier->anchoring->options;
    struct checkpoint checkpoint = {0};
    struct buf note = {0};
    struct anchor_growth seen;
    struct store_head head = take_head(courier, &seen);
    bool ok;

    checkpoint.size = head.size;
    checkpoint.root = head.root;
    strncpy(checkpoint.origin, options->origin, ORIGIN_LEN_MAX);
    tlog_append_checkpoint(&note, options->origin, options->checkpoint_key_id, &head);
    ok = give(courier, &checkpoint, head.received_at_ms, bytes_of_buf(&note), err);
    if (ok)
        courier->seen = seen;
    buf_cleanup(&note);
    return ok;
}

/* ---- what is pending ---- */

static void change_own_entries(struct anchoring *anchoring, int by)
{
    pthread_mutex_lock(&anchoring->lock);
    anchoring->own_entries += (uint64_t)(int64_t)by;
    pthread_mutex_unlock(&anchoring->lock);
}

/* Counted before it is published, so that nobody takes it for news; taken back when it was none. */
static bool say(struct courier *courier, const struct kept_anchor *pending, struct err *err)
{
    struct anchoring *anchoring = courier->anchoring;
    struct anchor_entry entry;
    bool said = false;
    bool ok;

    if (anchoring->options.kind == LOG_OPAQUE)
        return true;
    anchor_entry_init(&entry, anchoring->options.origin, pending);
    pthread_mutex_lock(&anchoring->say_lock);
    change_own_entries(anchoring, OWN_ENTRIES);
    ok = anchoring->options.say(anchoring->options.context, &entry.own, &said, err);
    if (!said)
        change_own_entries(anchoring, -OWN_ENTRIES);
    pthread_mutex_unlock(&anchoring->say_lock);
    if (!said)
        pthread_cond_broadcast(&anchoring->wake);
    return ok;
}

static bool settle(struct courier *courier, struct err *err)
{
    struct kept_anchor pending = {0};
    bool ok = anchor_files_read_pending(&courier->files, &pending, err);

    if (ok && pending.is_there) {
        ok = say(courier, &pending, err) && anchor_files_settle(&courier->files, &pending, err);
        if (ok) {
            kept_anchor_cleanup(&courier->latest);
            courier->latest = pending;
            atomic_store(&courier->latest_ms, pending.file.time_ms);
            diag_info("anchored", "target=%s size=%" PRIu64, courier->target.options->target,
                      pending.file.head.size);
            pending = (struct kept_anchor){0};
        }
    }
    kept_anchor_cleanup(&pending);
    return ok;
}

/* Until it is done; false at the end. */
static bool settle_surely(struct courier *courier)
{
    for (;;) {
        struct err err = {0};

        if (settle(courier, &err))
            return true;
        err_wrap(&err, "it has a head, which the log has not said yet");
        if (!pause_after_failure(courier, &err))
            return false;
    }
}

static void *run(void *argument)
{
    struct courier *courier = argument;

    if (!settle_surely(courier))
        return NULL;
    while (wait_until_due(courier)) {
        struct err err = {0};

        if (!attempt(courier, &err)) {
            if (atomic_load(&courier->anchoring->stop) ||
                !pause_after_failure(courier, &err))
                return NULL;
            continue;
        }
        if (!settle_surely(courier))
            return NULL;
        atomic_fetch_add(&courier->successes, 1);
        courier->pause_window_ms = 0;
        look_at_age(courier, false);
    }
    return NULL;
}

/* ---- start and stop ---- */

/* After a restart the log has grown by what it said of the newest success, if by nothing else. */
static bool recall(struct courier *courier, struct err *err)
{
    uint64_t own = courier->anchoring->options.kind == LOG_OPAQUE ? 0 : OWN_ENTRIES;

    if (!anchor_files_read_latest(&courier->files, &courier->latest, err))
        return false;
    if (!courier->latest.is_there)
        return true;
    atomic_store(&courier->latest_ms, courier->latest.file.time_ms);
    courier->seen.size = courier->latest.file.head.size + own;
    return true;
}

static bool open_courier(struct anchoring *anchoring, size_t number, struct err *err)
{
    struct courier *courier = &anchoring->couriers[number];

    courier->anchoring = anchoring;
    courier->files = (struct anchor_files){.directory = anchoring->options.directory,
                                          .target = anchoring->options.targets[number].target};
    return anchor_target_open(&courier->target, &anchoring->options.targets[number], err) &&
           recall(courier, err);
}

static void init_waiting(struct anchoring *anchoring)
{
    pthread_condattr_t attributes;

    CHECK(pthread_mutex_init(&anchoring->say_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&anchoring->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&anchoring->wake, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

bool anchoring_open(struct anchoring **out, const struct anchoring_options *options,
                    const struct store_head *head, struct err *err)
{
    struct anchoring *anchoring = mem_alloc(sizeof(*anchoring));
    bool ok = true;

    CHECK(options->target_count <= ANCHOR_TARGETS_MAX);
    anchoring->options = *options;
    anchoring->head = *head;
    anchoring->started_ms = now_ms();
    init_waiting(anchoring);
    if (options->target_count > 0 && mkdir(options->directory, 0755) != 0 && errno != EEXIST)
        ok = err_set_errno(err, ERR_IO, errno, "%s", options->directory);
    for (size_t i = 0; ok && i < options->target_count; i++)
        ok = open_courier(anchoring, i, err);
    if (!ok) {
        anchoring_close(anchoring);
        return false;
    }
    *out = anchoring;
    return true;
}

bool anchoring_start(struct anchoring *anchoring, struct err *err)
{
    for (size_t i = 0; anchoring != NULL && i < anchoring->options.target_count; i++) {
        struct courier *courier = &anchoring->couriers[i];
        int error = pthread_create(&courier->thread, NULL, run, courier);

        if (error != 0)
            return err_set_errno(err, ERR_IO, error, "start the thread of an anchor target");
        courier->is_running = true;
    }
    return true;
}

void anchoring_advance(struct anchoring *anchoring, const struct store_head *head)
{
    bool is_awaited;

    if (anchoring == NULL)
        return;
    pthread_mutex_lock(&anchoring->lock);
    anchoring->head = *head;
    is_awaited = anchoring->growth_waiters > 0;
    pthread_mutex_unlock(&anchoring->lock);
    if (is_awaited)
        pthread_cond_broadcast(&anchoring->wake);
}

bool anchoring_get_stats(const struct anchoring *anchoring, size_t number,
                         struct anchoring_stats *out)
{
    const struct courier *courier;

    if (anchoring == NULL || number >= anchoring->options.target_count)
        return false;
    courier = &anchoring->couriers[number];
    *out = (struct anchoring_stats){
        .target = courier->target.options->target,
        .kind = courier->target.options->kind,
        .latest_ms = atomic_load(&courier->latest_ms),
        .successes = atomic_load(&courier->successes),
        .failures = atomic_load(&courier->failures),
        .is_stale = atomic_load(&courier->is_stale),
    };
    return true;
}

static void courier_cleanup(struct courier *courier)
{
    kept_anchor_cleanup(&courier->latest);
    anchor_target_close(&courier->target);
}

void anchoring_stop(struct anchoring *anchoring)
{
    if (anchoring == NULL)
        return;
    pthread_mutex_lock(&anchoring->lock);
    atomic_store(&anchoring->stop, true);
    pthread_mutex_unlock(&anchoring->lock);
    pthread_cond_broadcast(&anchoring->wake);
    for (size_t i = 0; i < ANCHOR_TARGETS_MAX; i++) {
        if (anchoring->couriers[i].is_running)
            pthread_join(anchoring->couriers[i].thread, NULL);
        anchoring->couriers[i].is_running = false;
    }
}

void anchoring_close(struct anchoring *anchoring)
{
    if (anchoring == NULL)
        return;
    anchoring_stop(anchoring);
    for (size_t i = 0; i < ANCHOR_TARGETS_MAX; i++)
        courier_cleanup(&anchoring->couriers[i]);
    pthread_cond_destroy(&anchoring->wake);
    pthread_mutex_destroy(&anchoring->lock);
    pthread_mutex_destroy(&anchoring->say_lock);
    free(anchoring);
}
