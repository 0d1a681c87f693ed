/*
 * The writer: one thread that takes whatever is queued, commits it as one batch, publishes the
 * new head and hands the results back. The queue is bounded in entries and bytes.
 */
#ifndef VOUCH_SERVER_HTTP_WRITER_H
#define VOUCH_SERVER_HTTP_WRITER_H

#include "base/snapshot.h"
#include "schemas/problem.h"
#include "server/http/refusals.h"
#include "server/http/writer_metrics.h"

struct writer_options {
    struct tlog *tlog; /* borrowed, like all that follows; used by the writer only */
    struct store *store;
    enum log_kind kind;
    struct refusals *refusals;     /* evidence logs: what was refused, to be said by the log */
    struct snapshot_cell *heads;   /* where head views are published */
    struct snapshot_cell *issuers; /* where the issuers and their keys are published */
    struct snapshot_cell *witnessed; /* struct witnessed_view, for seals; NULL: no witnesses */
    void (*published)(void *context); /* called after each head, on the writer's thread; NULL: nobody */
    void *context;
    const char *origin;
    uint32_t checkpoint_key_id;
    size_t queue_entries_max;
    size_t queue_bytes_max;
    uint64_t low_space_bytes; /* fewer available: writes are refused */
    uint64_t heartbeat_interval_ms; /* an evidence log that is idle so long is sealed anyway */
};

struct writer;

/* Publishes the current head and issuers and starts the thread. */
MUST_USE bool writer_start(struct writer **out, const struct writer_options *options,
                           struct err *err);

/*
 * Queues a job; it must stay as it is until done is called. False at once, with the problem to
 * send, when the queue is full or the log takes no entries now. Any thread.
 */
MUST_USE bool writer_submit(struct writer *writer, struct job *job, struct problem *problem);

/* Whether an entry would be taken now; otherwise why not. Any thread. */
MUST_USE bool writer_ready(struct writer *writer, struct problem *problem);

/* From now on nothing is committed; reading goes on. The first reason stays. Any thread. */
void writer_freeze(struct writer *writer, const char *reason);
bool writer_is_read_only(struct writer *writer);

/* Entries waiting now. Any thread. */
size_t writer_queue_entries(struct writer *writer);
size_t writer_queue_entries_max(const struct writer *writer);
const struct writer_metrics *writer_metrics(const struct writer *writer);

/* Nobody waits for another answer any longer: whoever does gets the one there is. Any thread. */
void writer_drain(struct writer *writer);

/* Commits what is queued, ends the thread and frees the writer; accepts NULL. */
void writer_stop(struct writer *writer);

#endif
