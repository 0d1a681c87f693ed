/* What a pool has of one log: the base, a candidate, held heads, and the fork proof at last. */
#ifndef VOUCH_CLIENT_GOSSIP_POOL_LOG_H
#define VOUCH_CLIENT_GOSSIP_POOL_LOG_H

#include "client/gossip/head_set.h"
#include "client/gossip/pool.h"
#include "client/verify/fork_proof.h"

struct known_prefix {
    uint64_t size; /* 0: the place is free */
    struct hash root;
};

/* Zeroed but for origin it is a log of which nothing is known. */
struct pool_log {
    const char *origin; /* borrowed */
    bool has_base;
    struct seen_head base; /* size > 0 */
    bool has_candidate;    /* only beside a base, and larger */
    struct seen_head candidate;
    struct head_set held;
    struct known_prefix known[POOL_KNOWN_PREFIXES]; /* by size modulo their number */
    struct buf fork;                                /* empty: not convicted */
    struct buf more_forks[POOL_FORKS_MAX - 1];      /* in the order they came; then empty */
};

void pool_log_cleanup(struct pool_log *log);

/* Forgets candidate and held heads. */
void pool_log_drop_waiting(struct pool_log *log);

/* Empty: there are not so many. */
const struct buf *pool_log_fork(const struct pool_log *log, unsigned number);

/*
 * Where this proof is to be kept; NULL when there is no room, or one is kept already whose heads
 * were seen by the same two. Whoever forks a log shows much of it to the same members, and one proof
 * of that is enough.
 */
struct buf *pool_log_place_for(struct pool_log *log, const struct fork_proof *proof);

bool seen_head_is(const struct seen_head *head, uint64_t size, const struct hash *root);

/* Whether it is one of the heads at hand, or remembered to be a prefix of the base. */
bool pool_log_knows(const struct pool_log *log, uint64_t size, const struct hash *root);

/* A head that contradicts this unknown one at first sight: of its size, or one of the two has
 * size 0 and so, being kept at all, a wrong root. NULL: none. */
struct seen_head *pool_log_contradiction(struct pool_log *log, const struct seen_head *head);

/* All take the head in any case. False: there was no room, and it is gone. */
bool pool_log_hold_take(struct pool_log *log, struct seen_head *head);
void pool_log_set_base_take(struct pool_log *log, struct seen_head *head);
/* The candidate extends the base: it is the base from now on. */
void pool_log_promote(struct pool_log *log);
/* The candidate before it is held from now on: it was signed. */
void pool_log_set_candidate_take(struct pool_log *log, struct seen_head *head);

/* The held head is a prefix of the base: it goes, its size and root are remembered. */
void pool_log_settle(struct pool_log *log, struct seen_head *held);

/* What is open about log number i; the candidate first, as it may answer for many held heads. */
size_t pool_log_wanted(const struct pool_log *log, size_t i, struct pool_want *out,
                       size_t count_max);

/*
 * The heads that wait and that others should hear of, at most count_max: the candidate, then every
 * source's oldest, every source's second oldest and so on, so that no source crowds out another.
 */
size_t pool_log_to_pass_on(const struct pool_log *log, const struct seen_head **out,
                           size_t count_max);

void pool_log_sum(const struct pool_log *log, struct pool_state *out);

#endif
