/*
 * The committer: one thread that puts what the HTTP threads have cosigned on disk, all that waits
 * with one sync, before any of it is sent. A cosignature that nobody was sent binds nobody.
 */
#ifndef VOUCH_SERVER_COSIGNING_COMMITTER_H
#define VOUCH_SERVER_COSIGNING_COMMITTER_H

#include "server/cosigning/ledger.h"
#include "server/transport/metrics.h"
#include "server/transport/outbox.h"

enum cosigning_outcome {
    COSIGNING_DONE,  /* on disk: may be sent */
    COSIGNING_STALE, /* another checkpoint of the log came first: examine again */
};

/* A log's next state, until done is called on the HTTP thread that made it. */
struct cosigning {
    struct errand errand;   /* first; without an outbox where committer_commit waits for it */
    struct cosigning *next; /* in the queue */
    struct hash log_id;
    struct ledger_state before; /* what the checkpoint was examined against */
    struct ledger_state after;
    struct bytes note; /* borrowed until done */
    enum cosigning_outcome outcome;
    bool is_finished; /* the committer's */
};

/* Written by the committer's thread, read by any. */
struct committer_metrics {
    struct histogram batch_checkpoints;
    struct histogram commit_duration;
    struct counter stale;
};

struct committer;

/* Starts the thread; the ledger is used by it alone, but for what any thread may do. */
MUST_USE bool committer_start(struct committer **out, struct ledger *ledger, struct err *err);

/* Queues one; at most one of each pending request, so the queue is bounded by connections. */
void committer_submit(struct committer *committer, struct cosigning *cosigning);

/* The same, and waits for its outcome. Any thread but an HTTP thread, which has others to serve. */
void committer_commit(struct committer *committer, struct cosigning *cosigning);

const struct committer_metrics *committer_metrics(const struct committer *committer);

/* Commits what is queued, ends the thread and frees; accepts NULL. */
void committer_stop(struct committer *committer);

#endif
