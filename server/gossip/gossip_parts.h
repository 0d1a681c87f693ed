/* What the files of this folder share: the daemon's part in gossip, taken apart. */
#ifndef VOUCH_SERVER_GOSSIP_GOSSIP_PARTS_H
#define VOUCH_SERVER_GOSSIP_GOSSIP_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/fetch/fetch.h"
#include "server/gossip/gossip.h"

enum { GOSSIP_SOURCES = GOSSIP_PEERS_MAX + GOSSIP_CLIENT_BUCKETS };

/*
 * The main thread counts rounds, keeps files and tells of forks. Workers ask logs, each one log at a
 * time; every peer has a thread. So whoever is slow is waited for by one thread.
 */
struct gossip_log {
    struct fetcher *fetcher; /* NULL: it is not looked at */
    /* whose turn it is */
    bool has_failed; /* told to the operator */
    /* main thread */
    unsigned told_forks; /* a bit for each number */
    /* under lock */
    bool is_due;   /* its checkpoint is to be read */
    bool has_news; /* there may be questions */
    bool is_busy;  /* a worker is at it */
};

struct gossip_link {
    struct gossip *gossip;
    size_t peer;
    struct fetcher *fetcher;
    pthread_t thread;
    bool is_running;
    bool has_failed; /* its thread's: told to the operator */
    bool is_due;     /* under lock: heads are to be exchanged */
};

struct gossip {
    struct gossip_options options; /* constant, like the names */
    const char *source_names[GOSSIP_SOURCES];
    atomic_bool stop;
    pthread_t thread;
    bool is_running;
    pthread_t workers[GOSSIP_WORKERS_MAX];
    size_t worker_count;
    struct gossip_link links[GOSSIP_PEERS_MAX];
    struct gossip_log *logs; /* by log of the pool */
    /* main thread */
    struct buf saved; /* what the files hold */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake; /* of anything that waits */
    struct pool *pool;
    size_t next_log;  /* where a worker begins to look for something to do */
    bool has_changed; /* something may have to be told or kept */
    /* written by any, read by any */
    _Atomic uint64_t results[GOSSIP_PEERS_MAX + 1][POOL_RESULTS]; /* by peer; the last: clients */
    _Atomic uint64_t rounds;
};

/* Adds the counts of what a peer (or, GOSSIP_PEERS_MAX, a client) brought. */
void gossip_count(struct gossip *gossip, size_t bringer, const struct exchange_counts *counts);

/*
 * Under lock: what of the heads and fork proofs that came is to be asked or told. Those of a log
 * that is convicted raise no questions: whoever repeats them has no log asked.
 */
void gossip_note_news(struct gossip *gossip, uint64_t held_count, uint64_t fork_count);

/* Tells the operator when somebody stops answering, and when it is over; once each. */
void gossip_tell_failure(bool *failed, bool ok, const char *whom, const char *name,
                         const struct err *err);

/* ---- gossip_files.c ---- */

/* What an earlier run knew, fork proofs included. */
MUST_USE bool gossip_load(struct gossip *gossip, struct err *err);

/* Keeps what has changed. Under lock nothing is written; trouble is told to the operator. */
void gossip_save(struct gossip *gossip);

/* Tells who wants to know of the fork proofs that were there at the start. */
void gossip_tell_old_forks(struct gossip *gossip);

/* Writes the fork proofs that are new and tells the operator of them. True: there were some. */
bool gossip_tell_forks(struct gossip *gossip);

/* ---- gossip_logs.c ---- */

/* Threads that ask logs. What was started is ended by gossip_join_workers. */
MUST_USE bool gossip_start_workers(struct gossip *gossip, struct err *err);
void gossip_join_workers(struct gossip *gossip);

/* Has the checkpoint of every log read; those that the daemon cosigned itself are at hand. */
void gossip_look_at_logs(struct gossip *gossip);

/* Under lock: whether a log is yet to be read in this round. */
bool gossip_has_due_logs(const struct gossip *gossip);

/* ---- gossip_links.c ---- */

MUST_USE bool gossip_start_links(struct gossip *gossip, struct err *err);
void gossip_join_links(struct gossip *gossip);

/* Has heads exchanged with every peer. */
void gossip_meet_peers(struct gossip *gossip);

#endif
