/*
 * A daemon's part in gossip: in every round it looks at the logs of its policy, asks their tiles
 * what is open, and exchanges heads with its peers, both ways in one request each. Whoever brings
 * heads in between is answered at once, and the questions that follow are asked at once. A fork
 * proof is a file in the directory, a message to the operator, and news for all peers. Logs and
 * peers are asked in parallel: one that is slow delays none of the others.
 */
#ifndef VOUCH_SERVER_GOSSIP_GOSSIP_H
#define VOUCH_SERVER_GOSSIP_GOSSIP_H

#include "client/gossip/exchange.h"

enum {
    GOSSIP_PEERS_MAX = 16, /* each with a thread */
    GOSSIP_CLIENT_BUCKETS = 32,
    GOSSIP_WORKERS_MAX = 8, /* threads that ask logs */
};

struct gossip_peer {
    const char *name; /* for testimony, usable as a key name */
    const char *url;
};

/* A log is convicted. */
struct gossip_fork {
    const char *origin;
    unsigned number;   /* of the proof, 0..POOL_FORKS_MAX */
    struct bytes text; /* client/verify/fork_proof.h */
    const char *path;  /* of its file; NULL: it could not be kept */
};

/* All borrowed, for as long as it runs. */
struct gossip_options {
    const struct policy *policy; /* logs without a URL are not looked at */
    /*
     * For logs that are not looked at: appends the newest head that the daemon itself has verified
     * to extend all earlier ones; false: it has none. Called on one thread. NULL: none
     * of them has one.
     */
    bool (*newest)(void *context, const char *origin, struct buf *out);
    /*
     * Told of every fork proof there is, after the start of those that were there before: whoever
     * was told may have died before he had kept it. On the thread of newest. NULL: nobody wants to
     * know.
     */
    void (*convicted)(void *context, const struct gossip_fork *fork);
    void *context;
    const char *name;    /* its own, for testimony; usable as a key name */
    const char *directory; /* made when missing: what it knows, and fork proofs */
    const struct gossip_peer *peers;
    size_t peer_count; /* 0..GOSSIP_PEERS_MAX */
    uint64_t interval_ms;
    struct clock *clock;
};

struct gossip;

/* Takes part when it returns true. */
MUST_USE bool gossip_start(struct gossip **out, const struct gossip_options *options,
                           struct err *err);

/* Ends after the request at hand; accepts NULL. */
void gossip_stop(struct gossip *gossip);

/*
 * What somebody sent, and what to send back, appended to out. client: a number that tells clients
 * apart, such as a hash of their address. ERR_INVALID: no such text. Any thread.
 */
MUST_USE bool gossip_receive(struct gossip *gossip, uint64_t client, struct bytes text,
                             struct exchange_counts *out_counts, struct buf *out,
                             struct err *err);

/*
 * A head that a log itself has just shown the daemon; what others brought up to its size can be
 * compared now, and is at once. Any thread.
 */
void gossip_follow(struct gossip *gossip, struct bytes note);

/* Samples in Prometheus text format. Any thread. */
void gossip_append_metrics(struct buf *out, struct gossip *gossip);

/* How many logs are convicted. Any thread. */
size_t gossip_fork_count(struct gossip *gossip);

#endif
