/*
 * A log that a mirror keeps a copy of (C2SP tlog-mirror). Its copy grows in two ways: a thread of
 * its own reads the log, where the list says a URL, and others push checkpoints and entries to it
 * (upload.h). Whichever brings the last entry of a tree, its head is cosigned when all is on disk.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_FOLLOWED_LOG_H
#define VOUCH_SERVER_ROLE_MIRROR_FOLLOWED_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/mirror/copy.h"
#include "client/mirror/copy_tail.h"
#include "server/role/mirror/cosigned_head.h"
#include "server/role/mirror/mirror_logs.h"
#include "server/role/mirror/pending_heads.h"

enum { FOLLOWED_LOG_RETRY_MS = 10000, FOLLOWED_LOG_ID_LEN = 2 * HASH_LEN };

/* What became of the last look at the log. */
enum follow_outcome {
    FOLLOW_CURRENT, /* the copy has what the log shows */
    FOLLOW_FAILED,  /* the log, or the disk, could not be read or written */
    FOLLOW_REFUSED, /* the log contradicts itself, or what it serves is not what it signed */
    FOLLOW_OUTCOMES,
};

const char *follow_outcome_name(enum follow_outcome outcome);

/* How a log is named in paths and metrics: the SHA-256 of its origin in lower-case hex. */
void followed_log_id(char out[FOLLOWED_LOG_ID_LEN + 1], const char *origin);

struct followed_log_options {
    const char *directory; /* of all copies; borrowed, as are the others */
    const char *evidence_directory; /* where fork proofs are kept */
    const struct cosigner *cosigner;
    struct ledger *ledger;
    struct committer *committer;
    uint64_t interval_ms; /* between two looks */
};

struct followed_log {
    struct followed_log_options options;
    struct mirror_log log; /* its policy, in which it is the only one */
    char id[FOLLOWED_LOG_ID_LEN + 1];
    char *directory; /* of its copy */
    _Atomic unsigned references;
    /* its thread only */
    struct err trouble; /* said last */
    bool is_started;
    pthread_t thread;
    /* its thread, but files: any */
    struct copy *copy;
    /* whoever uploads, under upload_lock */
    pthread_mutex_t upload_lock;
    struct copy_tail *tail;
    /* whoever cosigns, under head_lock, which is taken after upload_lock */
    pthread_mutex_t head_lock;
    struct cosigned_head cosigned;
    /* any thread */
    struct pending_heads pending;
    _Atomic uint64_t size;         /* that the copy has in full */
    _Atomic uint64_t checked_at_s; /* when it last was current; 0: not yet */
    _Atomic uint64_t counts[FOLLOW_OUTCOMES];
    atomic_bool stop;
    pthread_mutex_t lock; /* with wake: only to sleep */
    pthread_cond_t wake;
};

/*
 * Opens the copy and takes what is in *log; follows when it returns true. ERR_REFUSED: the copy
 * lacks entries that were cosigned. The caller has the one reference.
 */
MUST_USE bool followed_log_start(struct followed_log **out, struct mirror_log *log,
                                 const struct followed_log_options *options, struct err *err);

/* What is under way is given up within a second; the copy stays right, and another may open it. */
void followed_log_stop(struct followed_log *log);

struct followed_log *followed_log_hold(struct followed_log *log);
/* Accepts NULL; the last reference is given up when the log was stopped. */
void followed_log_release(struct followed_log *log);

const char *followed_log_origin(const struct followed_log *log);

/*
 * Remembers a checkpoint in the ledger that extends *before, the newest one there, and then for
 * uploads. False: another one came first.
 */
MUST_USE bool followed_log_commit_pending(struct followed_log *log,
                                          const struct ledger_state *before,
                                          const struct checkpoint *checkpoint, struct bytes note);

#endif
