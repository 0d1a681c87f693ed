/* Jobs: what an HTTP thread asks of the writer. */
#ifndef VOUCH_SERVER_HTTP_JOB_H
#define VOUCH_SERVER_HTTP_JOB_H

#include "server/tlog/tlog.h"
#include "server/transport/outbox.h"

enum job_outcome {
    JOB_COMMITTED, /* every submission is in the published head: outcome and index are set */
    JOB_READ_ONLY, /* the log refused to commit, nothing was written */
    JOB_NOT_NOW,   /* a signer or a look-up failed before anything was written: try again */
};

struct wait;

/*
 * Submissions that are committed together. The HTTP thread fills it and does not touch it until
 * done is called on the same thread.
 */
struct job {
    struct errand errand; /* first: how the job comes back */
    struct job *next;     /* at the writer */
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

#endif
