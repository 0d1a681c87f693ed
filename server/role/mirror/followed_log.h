/*
 * A log that a mirror keeps a copy of (C2SP tlog-mirror): a thread of its own asks for its head, adds
 * to the copy what is new, and cosigns the head when all of it is on disk.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_FOLLOWED_LOG_H
#define VOUCH_SERVER_ROLE_MIRROR_FOLLOWED_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/mirror/copy.h"
#include "schemas/cosignature.h"

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
    const struct policy *policy; /* its first log is the one; all is borrowed */
    struct bytes policy_text;    /* goes into the copy */
    const char *directory;       /* of the copy */
    const struct cosigner *cosigner;
    uint64_t interval_ms; /* between two looks */
};

struct followed_log {
    struct followed_log_options options;
    char id[FOLLOWED_LOG_ID_LEN + 1];
    /* its thread only */
    struct copy *copy;
    uint64_t cosigned_at_s; /* of the newest cosignature; never goes back */
    struct err trouble;     /* said last */
    /* any thread */
    _Atomic uint64_t size;         /* that the copy has in full */
    _Atomic uint64_t checked_at_s; /* when it last was current; 0: not yet */
    _Atomic uint64_t counts[FOLLOW_OUTCOMES];
    atomic_bool stop;
    pthread_mutex_t lock; /* with wake: only to sleep */
    pthread_cond_t wake;
    pthread_t thread;
    bool is_started;
};

/* Opens the copy; follows when it returns true. Zeroed before; stopped in any case. */
MUST_USE bool followed_log_start(struct followed_log *out,
                                 const struct followed_log_options *options, struct err *err);

/* What is under way is given up within a second; the copy stays right. Accepts a zeroed log. */
void followed_log_stop(struct followed_log *log);

#endif
