/*
 * Jobs: what an HTTP thread asks of the writer. Outbox: where the writer leaves the finished jobs
 * of one HTTP thread, and the event descriptor that wakes it.
 */
#ifndef VOUCH_SERVER_HTTP_OUTBOX_H
#define VOUCH_SERVER_HTTP_OUTBOX_H

#include <pthread.h>
#include <stdatomic.h>

#include "server/tlog/tlog.h"

enum job_outcome {
    JOB_COMMITTED, /* every submission is in the published head: outcome and index are set */
    JOB_READ_ONLY, /* the log refused to commit, nothing was written */
    JOB_NOT_NOW,   /* a signer or a look-up failed before anything was written: try again */
};

struct outbox;
struct wait;

/*
 * Submissions that are committed together. The HTTP thread fills it and does not touch it until
 * done is called on the same thread.
 */
struct job {
    struct job *next; /* in the writer's queue, then in the outbox */
    struct outbox *outbox;
    void (*done)(struct job *job);
    struct tlog_submission *submissions; /* count of them, 1..TLOG_BATCH_ENTRIES_MAX */
    size_t count;
    size_t bytes;         /* of all entries */
    uint64_t received_ns; /* monotonic, when the request was complete */
    struct wait *wait;    /* what the job may wait for (parked.h); NULL: it does not wait */
    enum job_outcome outcome;
};

struct job_list {
    struct job *first;
    struct job *last;
};

void job_list_append(struct job_list *list, struct job *job);
/* NULL when empty. */
struct job *job_list_take_first(struct job_list *list);

struct outbox {
    /* the writer's thread only */
    struct job_list staged;
    struct outbox *next_staged;
    bool is_staged;
    /* both threads */
    pthread_mutex_t lock;
    struct job_list finished;
    int event_fd;
};

MUST_USE bool outbox_init(struct outbox *outbox, struct err *err);
void outbox_cleanup(struct outbox *outbox);

/* Makes the HTTP thread look into its outbox. Any thread. */
void outbox_wake(struct outbox *outbox);

/*
 * Puts a job into its outbox, to be delivered by outbox_flush_all with one wake for all of an
 * outbox. touched: the list of outboxes that have such jobs, at first NULL. The writer's thread.
 */
void outbox_stage(struct outbox **touched, struct job *job);
void outbox_flush_all(struct outbox *touched);

/* Everything delivered since the last call, and the descriptor is quiet again. The HTTP thread. */
struct job_list outbox_take(struct outbox *outbox);

#endif
