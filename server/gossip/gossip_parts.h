/* What the files of this folder share: the daemon's part in gossip, taken apart. */
#ifndef VOUCH_SERVER_GOSSIP_GOSSIP_PARTS_H
#define VOUCH_SERVER_GOSSIP_GOSSIP_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/fetch/fetch.h"
#include "server/gossip/gossip.h"

enum { GOSSIP_SOURCES = GOSSIP_PEERS_MAX + GOSSIP_CLIENT_BUCKETS };

struct gossip {
    struct gossip_options options; /* constant, like the names */
    const char *source_names[GOSSIP_SOURCES];
    pthread_t thread;
    atomic_bool stop;
    /* the thread only */
    struct fetcher *log_fetchers[POLICY_LOGS_MAX]; /* by log of the pool; NULL: not looked at */
    struct fetcher *peer_fetchers[GOSSIP_PEERS_MAX];
    bool peer_failed[GOSSIP_PEERS_MAX]; /* told to the operator */
    bool log_failed[POLICY_LOGS_MAX];
    bool is_told[POLICY_LOGS_MAX]; /* of the fork */
    struct buf saved;              /* what the files hold */
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct pool *pool;
    bool has_news; /* somebody brought a head that is new */
    /* written under lock or by the thread, read by any */
    _Atomic uint64_t results[GOSSIP_PEERS_MAX + 1][POOL_RESULTS]; /* by peer; the last: clients */
    _Atomic uint64_t rounds;
};

/* Adds the counts of what a peer (or, GOSSIP_PEERS_MAX, a client) brought. */
void gossip_count(struct gossip *gossip, size_t bringer, const struct exchange_counts *counts);

/* ---- gossip_files.c ---- */

/* What an earlier run knew, fork proofs included. */
MUST_USE bool gossip_load(struct gossip *gossip, struct err *err);

/* Keeps what has changed. Under lock nothing is written; trouble is told to the operator. */
void gossip_save(struct gossip *gossip);

/* Tells who wants to know of the fork proofs that were there at the start. */
void gossip_tell_old_forks(struct gossip *gossip);

/* Writes the fork proofs that are new and tells the operator of them. True: there were some. */
bool gossip_tell_forks(struct gossip *gossip);

/* ---- gossip_round.c ---- */

MUST_USE bool gossip_open_fetchers(struct gossip *gossip, struct err *err);
void gossip_close_fetchers(struct gossip *gossip);

/* Looks at every log, and exchanges with every peer. */
void gossip_round(struct gossip *gossip);

/* Asks the logs what is open, and tells everybody of a fork that comes out. */
void gossip_react(struct gossip *gossip);

#endif
