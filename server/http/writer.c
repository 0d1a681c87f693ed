#include "server/http/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "server/http/changed_facts.h"
#include "server/http/head_view.h"
#include "server/http/parked.h"
#include "server/http/issuers.h"
#include "server/http/writer_alerts.h"
#include "server/witnessing/witnessed.h"

enum {
    LOOK_INTERVAL_MS = 1000,
    RETRY_FULL_S = 1,
    RETRY_SPACE_S = 60,
};

struct writer {
    struct writer_options options;
    pthread_t thread;
    /* any thread, under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job_list queue;
    size_t queue_entries;
    size_t queue_bytes;
    bool is_waiting; /* the thread sleeps in wake */
    bool is_low_on_space;
    bool is_stopping;
    bool is_draining; /* nobody waits any longer for another answer */
    char read_only_reason[sizeof(((struct err *)0)->text)]; /* "" while the log may sign */
    /* the writer's thread only */
    struct tlog_submission *batch[TLOG_BATCH_ENTRIES_MAX];
    uint64_t looked_ns; /* when it looked around it last */
    struct parked *parked;
    struct changed_facts changed; /* by the commits of this batch */
    struct job_list again; /* were parked, and something changed: first in the next batch */
    uint64_t principals_version; /* of the issuers that are published */
    struct snapshot_view witnessed; /* without a cell: there are no witnesses */
    struct writer_metrics metrics;
    struct writer_alerts alerts;
};

/* Under lock. */
static bool check_open(const struct writer *writer, struct problem *problem)
{
    if (writer->is_stopping) {
        problem_set(problem, PROBLEM_BUSY, "The log is shutting down.");
        problem->retry_after_s = RETRY_FULL_S;
        return false;
    }
    if (writer->read_only_reason[0] != 0)
        return problem_set(problem, PROBLEM_READ_ONLY, "The log is read-only: %s.",
                           writer->read_only_reason);
    if (writer->is_low_on_space) {
        problem_set(problem, PROBLEM_BUSY, "The log is low on disk space and takes no entries.");
        problem->retry_after_s = RETRY_SPACE_S;
        return false;
    }
    return true;
}

static bool check_room(const struct writer *writer, size_t entries, size_t bytes,
                       struct problem *problem)
{
    if (writer->queue_entries + entries <= writer->options.queue_entries_max &&
        writer->queue_bytes + bytes <= writer->options.queue_bytes_max)
        return true;
    problem_set(problem, PROBLEM_BUSY, "The queue of entries is full.");
    problem->retry_after_s = RETRY_FULL_S;
    return false;
}

bool writer_submit(struct writer *writer, struct job *job, struct problem *problem)
{
    bool ok;
    bool wake = false;

    CHECK(job->count > 0 && job->count <= TLOG_BATCH_ENTRIES_MAX);
    pthread_mutex_lock(&writer->lock);
    ok = check_open(writer, problem);
    if (ok && !check_room(writer, job->count, job->bytes, problem)) {
        writer_alerts_refuse(&writer->alerts, writer->queue_entries, writer->queue_bytes);
        ok = false;
    }
    if (ok) {
        job_list_append(&writer->queue, job);
        writer->queue_entries += job->count;
        writer->queue_bytes += job->bytes;
        wake = writer->is_waiting;
        writer->is_waiting = false;
    }
    pthread_mutex_unlock(&writer->lock);
    if (wake)
        pthread_cond_signal(&writer->wake);
    return ok;
}

bool writer_ready(struct writer *writer, struct problem *problem)
{
    bool ok;

    pthread_mutex_lock(&writer->lock);
    ok = check_open(writer, problem) && check_room(writer, 1, 0, problem);
    pthread_mutex_unlock(&writer->lock);
    return ok;
}

size_t writer_queue_entries(struct writer *writer)
{
    size_t count;

    pthread_mutex_lock(&writer->lock);
    count = writer->queue_entries;
    pthread_mutex_unlock(&writer->lock);
    return count;
}

size_t writer_queue_entries_max(const struct writer *writer)
{
    return writer->options.queue_entries_max;
}

const struct writer_metrics *writer_metrics(const struct writer *writer)
{
    return &writer->metrics;
}

bool writer_is_read_only(struct writer *writer)
{
    bool is_read_only;

    pthread_mutex_lock(&writer->lock);
    is_read_only = writer->read_only_reason[0] != 0;
    pthread_mutex_unlock(&writer->lock);
    return is_read_only;
}

void writer_freeze(struct writer *writer, const char *reason)
{
    pthread_mutex_lock(&writer->lock);
    if (writer->read_only_reason[0] == 0)
        snprintf(writer->read_only_reason, sizeof(writer->read_only_reason), "%s", reason);
    pthread_mutex_unlock(&writer->lock);
}

/* At most once a second; reading goes on whatever it finds. */
static void look_around(struct writer *writer)
{
    struct store *store = writer->options.store;
    uint64_t now_ns = clock_monotonic_ns();
    bool is_low = writer->is_low_on_space; /* which no other thread changes */

    if (writer->looked_ns != 0 &&
        now_ns - writer->looked_ns < (uint64_t)LOOK_INTERVAL_MS * 1000000)
        return;
    writer->looked_ns = now_ns;
    writer_alerts_check_space(&is_low, store, writer->options.low_space_bytes, &writer->metrics);
    writer_alerts_check_clock(&writer->alerts, clock_unix_ms(clock_system()),
                              tlog_head(writer->options.tlog)->received_at_ms);
    pthread_mutex_lock(&writer->lock);
    writer->is_low_on_space = is_low;
    writer_alerts_check_queue(&writer->alerts);
    pthread_mutex_unlock(&writer->lock);
}

/* Those with new keys may use them as soon as they can see the head that says so. */
static bool publish_issuers(struct writer *writer, struct err *err)
{
    struct issuers *issuers;

    if (!issuers_load(&issuers, writer->options.store, err))
        return false;
    writer->principals_version = tlog_principals_version(writer->options.tlog);
    snapshot_cell_publish_take(writer->options.issuers, &issuers->snapshot);
    return true;
}

static void publish_changed_issuers(struct writer *writer)
{
    struct err err = {0};

    if (writer->principals_version == tlog_principals_version(writer->options.tlog) ||
        publish_issuers(writer, &err))
        return;
    counter_add(&writer->metrics.store_errors, 1);
    diag_error("issuers-not-loaded", "%s", err.text); /* the next commit tries again */
}

static void publish(struct writer *writer)
{
    struct head_view *view = head_view_new(
        writer->options.origin, writer->options.checkpoint_key_id, tlog_head(writer->options.tlog));

    publish_changed_issuers(writer);
    snapshot_cell_publish_take(writer->options.heads, &view->snapshot);
    if (writer->options.published != NULL)
        writer->options.published(writer->options.context);
}

/* Moves jobs from a list to another while the batch has room. */
static void take_from(struct job_list *from, struct job_list *out, size_t *count)
{
    while (from->first != NULL && *count + from->first->count <= TLOG_BATCH_ENTRIES_MAX) {
        struct job *job = job_list_take_first(from);

        *count += job->count;
        job_list_append(out, job);
    }
}

/* Under lock. */
static bool has_something_to_do(const struct writer *writer)
{
    return writer->queue.first != NULL || writer->again.first != NULL || writer->is_stopping ||
           (writer->is_draining && parked_count(writer->parked) > 0);
}

/* Waits for jobs or a second; true when the thread shall end: stopping and nothing is queued. */
static bool take_jobs(struct writer *writer, struct job_list *out, size_t *out_count)
{
    struct timespec until = condition_deadline(LOOK_INTERVAL_MS);
    bool stop;

    *out = (struct job_list){0};
    *out_count = 0;
    pthread_mutex_lock(&writer->lock);
    while (!has_something_to_do(writer)) {
        writer->is_waiting = true;
        if (pthread_cond_timedwait(&writer->wake, &writer->lock, &until) == ETIMEDOUT)
            break;
    }
    writer->is_waiting = false;
    take_from(&writer->again, out, out_count);
    while (writer->queue.first != NULL &&
           *out_count + writer->queue.first->count <= TLOG_BATCH_ENTRIES_MAX) {
        struct job *job = job_list_take_first(&writer->queue);

        *out_count += job->count;
        writer->queue_entries -= job->count;
        writer->queue_bytes -= job->bytes;
        job_list_append(out, job);
    }
    stop = writer->is_stopping && out->first == NULL;
    pthread_mutex_unlock(&writer->lock);
    return stop;
}

static void fill_batch(struct writer *writer, const struct job_list *jobs)
{
    size_t count = 0;

    for (const struct job *job = jobs->first; job != NULL; job = job->next) {
        for (size_t i = 0; i < job->count; i++)
            writer->batch[count++] = &job->submissions[i];
    }
}

/*
 * When the store was touched nobody knows what reached the disk: the process ends without answering
 * anyone, and the next opening decides. A failure before that leaves the log as it was.
 */
static enum job_outcome not_committed(struct writer *writer, const struct err *err)
{
    if (err->code != ERR_REFUSED) {
        diag_error("commit-failed", "%s", err->text);
        if (tlog_failure(writer->options.tlog) == NULL)
            return JOB_NOT_NOW;
        _exit(EXIT_FAILURE);
    }
    diag_error("commit-refused", "%s", err->text);
    writer_freeze(writer, err->text);
    return JOB_READ_ONLY;
}

/* In as many commits as the flags of the batch need, mostly one. */
static enum job_outcome commit(struct writer *writer, size_t count)
{
    struct err err = {0};

    changed_facts_clear(&writer->changed);
    if (writer_is_read_only(writer))
        return JOB_READ_ONLY;
    witnessed_tell_tlog(&writer->witnessed, writer->options.tlog);
    for (size_t done = 0; done < count;) {
        if (!tlog_commit(writer->options.tlog, writer->batch + done, count - done, &err))
            return not_committed(writer, &err);
        changed_facts_add(&writer->changed, writer->options.tlog);
        while (done < count && writer->batch[done]->outcome != TLOG_DEFERRED)
            done++;
    }
    return JOB_COMMITTED;
}

static bool is_ending(struct writer *writer)
{
    bool answer;

    pthread_mutex_lock(&writer->lock);
    answer = writer->is_draining || writer->is_stopping;
    pthread_mutex_unlock(&writer->lock);
    return answer;
}

/* Whether the job waits for another answer than the one it has now. */
static bool shall_wait(struct writer *writer, const struct job *job)
{
    return job->wait != NULL && job->wait->is_wanted &&
           job->wait->deadline_ns > clock_monotonic_ns() && !is_ending(writer);
}

/* Hands every job back to its HTTP thread, each of which is woken once. */
static void deliver(struct writer *writer, struct job_list *jobs, enum job_outcome outcome)
{
    struct outbox *touched = NULL;
    struct job *job;

    while ((job = job_list_take_first(jobs)) != NULL) {
        job->outcome = outcome;
        if (outcome == JOB_COMMITTED && shall_wait(writer, job)) {
            parked_add(writer->parked, job);
            continue;
        }
        outbox_stage(&touched, &job->errand);
    }
    outbox_flush_all(touched);
}

/*
 * Jobs that wait for what this batch changed are decided again in the next one. They are parked by
 * now, also those of this batch: what came after them in it may be what they wait for.
 */
static void look_again(struct writer *writer)
{
    parked_take_changed(writer->parked, writer->changed.keys, writer->changed.count,
                        &writer->again);
}

/* Commit, then publish, then reply: what a client is told is always in a published head. */
static void run_batch(struct writer *writer, struct job_list *jobs, size_t count)
{
    uint64_t begin_ns = clock_monotonic_ns();
    uint64_t size_before = tlog_head(writer->options.tlog)->size;
    enum job_outcome outcome;

    fill_batch(writer, jobs);
    outcome = commit(writer, count);
    if (tlog_head(writer->options.tlog)->size != size_before)
        publish(writer);
    if (outcome == JOB_COMMITTED) {
        writer_metrics_add_batch(&writer->metrics, jobs, begin_ns);
        if (writer->options.refusals != NULL)
            refusals_add_batch(writer->options.refusals, writer->batch, count);
    }
    deliver(writer, jobs, outcome);
    look_again(writer);
}

/* Those whose time is over get the answer they have. */
static void deliver_expired(struct writer *writer)
{
    uint64_t now_ns = is_ending(writer) ? UINT64_MAX : clock_monotonic_ns();
    struct job_list expired = {0};

    parked_take_expired(writer->parked, now_ns, &expired);
    deliver(writer, &expired, JOB_COMMITTED);
}

/* A log that is sealed now and then even when idle cannot hide later how long it was idle. */
static void beat(struct writer *writer)
{
    const struct store_head *head = tlog_head(writer->options.tlog);
    struct err err = {0};

    if (writer->options.kind == LOG_OPAQUE || head->size == 0 || writer_is_read_only(writer) ||
        clock_unix_ms(clock_system()) <
            head->received_at_ms + writer->options.heartbeat_interval_ms)
        return;
    witnessed_tell_tlog(&writer->witnessed, writer->options.tlog);
    if (tlog_commit(writer->options.tlog, NULL, 0, &err))
        publish(writer); /* a heartbeat changes no facts */
    else
        not_committed(writer, &err);
}

/* What was refused is evidence too: that a self-approval was tried, and did not enter. */
static void say_refusals(struct writer *writer)
{
    struct err err = {0};
    bool said;

    if (writer->options.refusals == NULL || writer_is_read_only(writer))
        return;
    witnessed_tell_tlog(&writer->witnessed, writer->options.tlog);
    if (!refusals_commit(writer->options.refusals, writer->options.tlog, &said, &err))
        not_committed(writer, &err);
    else if (said)
        publish(writer);
}

static void say_due_refusals(struct writer *writer)
{
    if (writer->options.refusals != NULL &&
        refusals_are_due(writer->options.refusals, clock_monotonic_ns()))
        say_refusals(writer);
}

static void *run(void *argument)
{
    struct writer *writer = argument;
    struct job_list jobs;
    size_t count;

    pthread_setname_np(pthread_self(), "vouchd-writer");
    while (!take_jobs(writer, &jobs, &count)) {
        look_around(writer);
        if (count > 0)
            run_batch(writer, &jobs, count);
        else
            beat(writer);
        deliver_expired(writer);
        say_due_refusals(writer);
    }
    deliver_expired(writer);
    say_refusals(writer);
    return NULL;
}

static void writer_free(struct writer *writer)
{
    parked_free(writer->parked);
    changed_facts_cleanup(&writer->changed);
    snapshot_view_cleanup(&writer->witnessed);
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

bool writer_start(struct writer **out, const struct writer_options *options, struct err *err)
{
    struct writer *writer = mem_alloc(sizeof(*writer));
    const char *reason = tlog_read_only_reason(options->tlog);
    int error;

    writer->options = *options;
    writer->parked = parked_new();
    writer->witnessed.cell = options->witnessed;
    CHECK(pthread_mutex_init(&writer->lock, NULL) == 0);
    condition_init(&writer->wake);
    writer_freeze(writer, reason != NULL ? reason : "");
    look_around(writer);
    if (!publish_issuers(writer, err)) {
        writer_free(writer);
        return false;
    }
    publish(writer);
    error = pthread_create(&writer->thread, NULL, run, writer);
    if (error != 0) {
        writer_free(writer);
        return err_set_errno(err, ERR_IO, error, "start the writer thread");
    }
    *out = writer;
    return true;
}

void writer_drain(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->is_draining = true;
    pthread_mutex_unlock(&writer->lock);
    pthread_cond_signal(&writer->wake);
}

void writer_stop(struct writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->is_stopping = true;
    pthread_mutex_unlock(&writer->lock);
    pthread_cond_signal(&writer->wake);
    pthread_join(writer->thread, NULL);
    writer_free(writer);
}
