#include "server/cosigning/committer.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"

enum { BATCH_MAX = 512 };

struct committer {
    struct ledger *ledger;
    pthread_t thread;
    /* any thread, under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_cond_t finished; /* somebody may have waited for it */
    struct cosigning *first;
    struct cosigning **last_next;
    bool is_waiting; /* the thread sleeps in wake */
    bool is_stopping;
    /* the committer's thread only */
    struct cosigning *batch[BATCH_MAX];
    struct committer_metrics metrics;
};

void committer_submit(struct committer *committer, struct cosigning *cosigning)
{
    bool wake;

    cosigning->next = NULL;
    pthread_mutex_lock(&committer->lock);
    *committer->last_next = cosigning;
    committer->last_next = &cosigning->next;
    wake = committer->is_waiting;
    committer->is_waiting = false;
    pthread_mutex_unlock(&committer->lock);
    if (wake)
        pthread_cond_signal(&committer->wake);
}

void committer_commit(struct committer *committer, struct cosigning *cosigning)
{
    cosigning->errand = (struct errand){0};
    cosigning->is_finished = false;
    committer_submit(committer, cosigning);
    pthread_mutex_lock(&committer->lock);
    while (!cosigning->is_finished)
        pthread_cond_wait(&committer->finished, &committer->lock);
    pthread_mutex_unlock(&committer->lock);
}

const struct committer_metrics *committer_metrics(const struct committer *committer)
{
    return &committer->metrics;
}

/* Waits for something to commit; 0 when the thread shall end. */
static size_t take_batch(struct committer *committer)
{
    size_t count = 0;

    pthread_mutex_lock(&committer->lock);
    while (committer->first == NULL && !committer->is_stopping) {
        committer->is_waiting = true;
        pthread_cond_wait(&committer->wake, &committer->lock);
    }
    while (committer->first != NULL && count < BATCH_MAX) {
        committer->batch[count++] = committer->first;
        committer->first = committer->first->next;
    }
    if (committer->first == NULL)
        committer->last_next = &committer->first;
    pthread_mutex_unlock(&committer->lock);
    return count;
}

static size_t stage(struct committer *committer, size_t count)
{
    size_t staged = 0;

    for (size_t i = 0; i < count; i++) {
        struct cosigning *cosigning = committer->batch[i];
        bool ok = ledger_stage(committer->ledger, &cosigning->log_id, &cosigning->before,
                               &cosigning->after, cosigning->note);

        cosigning->outcome = ok ? COSIGNING_DONE : COSIGNING_STALE;
        staged += ok;
    }
    counter_add(&committer->metrics.stale, count - staged);
    return staged;
}

/* What is on disk is unknown after a failure: nobody is answered, the next start finds out. */
static void commit(struct committer *committer, size_t staged)
{
    uint64_t begin_ns = clock_monotonic_ns();
    struct err err = {0};

    if (!ledger_commit(committer->ledger, &err)) {
        diag_error("commit-failed", "%s", err.text);
        _exit(EXIT_FAILURE);
    }
    histogram_add(&committer->metrics.batch_checkpoints, &histogram_entries, staged);
    histogram_add(&committer->metrics.commit_duration, &histogram_durations,
                  clock_monotonic_ns() - begin_ns);
}

static void answer(struct committer *committer, size_t count)
{
    struct outbox *touched = NULL;

    pthread_mutex_lock(&committer->lock);
    for (size_t i = 0; i < count; i++) {
        struct cosigning *cosigning = committer->batch[i];

        if (cosigning->errand.outbox == NULL)
            cosigning->is_finished = true;
        else
            outbox_stage(&touched, &cosigning->errand);
    }
    pthread_mutex_unlock(&committer->lock);
    pthread_cond_broadcast(&committer->finished);
    outbox_flush_all(touched);
}

static void *run(void *argument)
{
    struct committer *committer = argument;
    size_t count;

    pthread_setname_np(pthread_self(), "vouchd-commit");
    while ((count = take_batch(committer)) > 0) {
        commit(committer, stage(committer, count));
        answer(committer, count);
    }
    return NULL;
}

static void committer_free(struct committer *committer)
{
    pthread_cond_destroy(&committer->finished);
    pthread_cond_destroy(&committer->wake);
    pthread_mutex_destroy(&committer->lock);
    free(committer);
}

bool committer_start(struct committer **out, struct ledger *ledger, struct err *err)
{
    struct committer *committer = mem_alloc(sizeof(*committer));
    int error;

    committer->ledger = ledger;
    committer->last_next = &committer->first;
    CHECK(pthread_mutex_init(&committer->lock, NULL) == 0);
    CHECK(pthread_cond_init(&committer->wake, NULL) == 0);
    CHECK(pthread_cond_init(&committer->finished, NULL) == 0);
    error = pthread_create(&committer->thread, NULL, run, committer);
    if (error != 0) {
        committer_free(committer);
        return err_set_errno(err, ERR_IO, error, "start the committing thread");
    }
    *out = committer;
    return true;
}

void committer_stop(struct committer *committer)
{
    if (committer == NULL)
        return;
    pthread_mutex_lock(&committer->lock);
    committer->is_stopping = true;
    pthread_mutex_unlock(&committer->lock);
    pthread_cond_signal(&committer->wake);
    pthread_join(committer->thread, NULL);
    committer_free(committer);
}
