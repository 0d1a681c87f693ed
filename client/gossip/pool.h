/*
 * What a member of a gossip network knows of the heads that logs have signed, and what follows:
 * which heads must still be shown to be of one history, and the fork proof when they are not.
 * Only heads with a valid signature by a log of the policy enter, so a peer can withhold but not
 * lie. No network, no files, no threads; the clock is handed in.
 *
 * The owner follows logs and reads their tiles; peers and clients bring heads. Per log there is
 *
 *   the base       the newest head the owner was shown that extends all it was shown before
 *   a candidate    a newer one, until it is shown to extend the base
 *   held heads     from others: each is dropped once shown to be a prefix of the base; one that is
 *                  larger than the base waits for it to grow, and is passed on meanwhile
 *
 * A head that was dropped is not missed: what contradicts it contradicts the base too.
 */
#ifndef VOUCH_CLIENT_GOSSIP_POOL_H
#define VOUCH_CLIENT_GOSSIP_POOL_H

#include "base/clock.h"
#include "client/verify/policy.h"
#include "merkle/node.h"

enum {
    POOL_SOURCES_MAX = 63,
    POOL_TEXT_LEN_MAX = 2048,       /* of a checkpoint without its signatures */
    POOL_FORK_LEN_MAX = 272 * 1024, /* of a fork proof: two notes of the largest size, and more */
    POOL_FORKS_MAX = 4,             /* fork proofs of a log, */
    POOL_MORE_FORK_LEN_MAX = 64 * 1024, /* and how long all but the first may be */
    POOL_BURST_HEADS = 256,         /* how many new heads and proofs a source may send at once, */
    POOL_HEADS_PER_MINUTE = 256,    /* and how many over time */
    POOL_KNOWN_PREFIXES = 256,      /* heads remembered, per log, as prefixes of the base */
    POOL_PASSED_ON_MAX = 10,        /* waiting heads of a log that are sent to others */
};

struct pool;

/* Everything is borrowed for as long as the pool lives. */
struct pool_options {
    const struct policy *policy;     /* whose heads; logs of one name are one, with several keys */
    const char *name;                /* the owner's, for testimony; usable as a key name */
    const char *const *source_names; /* who heads come from, by number; likewise */
    size_t source_count;             /* 0..POOL_SOURCES_MAX */
    struct clock *clock;
};

struct pool *pool_new(const struct pool_options *options);
void pool_free(struct pool *pool); /* accepts NULL */

enum pool_result {
    POOL_KNOWN,       /* nothing new in it */
    POOL_HELD,        /* new, and kept until it is shown to fit or not */
    POOL_FORK,        /* this log is convicted, by this or before */
    POOL_UNKNOWN_LOG, /* of no log of the policy */
    POOL_INVALID,     /* not a checkpoint, too long, not signed by its log, or no fork proof */
    POOL_BUSY,        /* its source has sent too much: later again */
    POOL_RESULTS,     /* how many there are */
};

/* "known", "held", "fork", "unknown-log", "invalid", "busy". */
const char *pool_result_name(enum pool_result result);

/* A head that the owner was shown by the log itself. Never busy. */
enum pool_result pool_follow(struct pool *pool, struct bytes note);

/*
 * The same for a head that the owner itself has shown to extend all that it followed before: it is
 * the base at once, if it is the largest.
 */
enum pool_result pool_follow_verified(struct pool *pool, struct bytes note);

/* A head that a source brought; source < source_count. */
enum pool_result pool_add(struct pool *pool, size_t source, struct bytes note);

/*
 * A fork proof that a source brought. Held means: it is new, and convicts. Of a log that is
 * convicted already further proofs are kept while there is room, if others testify.
 */
enum pool_result pool_add_fork(struct pool *pool, size_t source, struct bytes text);

/* One that the owner has kept itself. Never busy. */
enum pool_result pool_keep_fork(struct pool *pool, struct bytes text);

/* A question: what do the first old_size entries add up to, in the tree of the larger head? */
struct pool_want {
    size_t log; /* 0..pool_log_count */
    uint64_t old_size;
    struct hash old_root;
    uint64_t new_size;
    struct hash new_root;
};

/* The questions that are open now; the owner answers them from the log's tiles as it can. */
size_t pool_wanted(const struct pool *pool, struct pool_want *out, size_t count_max);

/* Those about one log. */
size_t pool_wanted_of(const struct pool *pool, size_t log, struct pool_want *out,
                      size_t count_max);

/*
 * The answer, as merkle/prefix.h makes it from tiles; NULL: the tiles cannot be had. Known: one
 * history. Fork: it is not. Invalid: the path does not lead to the larger head, so whoever made it
 * was shown another tree. Then, and without a path, the question stays open and the head is passed
 * on, for others to try. An answer to what nobody asks any more is known.
 */
enum pool_result pool_answer(struct pool *pool, const struct pool_want *want,
                             const struct proof *path);

size_t pool_log_count(const struct pool *pool);
const char *pool_origin(const struct pool *pool, size_t log);

/* The fork proof of a log; empty when it is not convicted. Borrowed, and never changes again. */
struct bytes pool_fork(const struct pool *pool, size_t log);

/* The same for each that is kept, numbered 0..POOL_FORKS_MAX without gaps; 0 is the first one. */
struct bytes pool_fork_numbered(const struct pool *pool, size_t log, unsigned number);

/* What the pool holds of one log, for metrics. */
struct pool_state {
    uint64_t base_size;      /* 0: none yet */
    uint64_t base_seen_ms;   /* when the owner was last shown the base */
    uint64_t waiting_count;  /* heads not yet shown to fit, the candidate included */
    uint64_t largest_size;   /* of all heads, which may be beyond the base */
    uint64_t oldest_seen_ms; /* when the head came that waits longest; 0: none waits */
};

void pool_log_state(const struct pool *pool, size_t log, struct pool_state *out);

/*
 * Appends what to send to others (client/gossip/exchange.h), at most len_max bytes: a fork proof
 * of every convicted log and the bases of the others, those that are long last, then heads that
 * wait, every source in turn, and further fork proofs. No log takes the room of another's.
 * Heads that the owner is about to ask the log for are left out: passing on a flood would help it.
 */
void pool_append_heads(const struct pool *pool, struct buf *out, size_t len_max);

/*
 * For a member that starts again: the bases alone, to be followed by the next pool before any
 * other, and pool_keep for what pool_append_heads gave; it is held as the owner's own.
 */
void pool_append_bases(const struct pool *pool, struct buf *out);
enum pool_result pool_keep(struct pool *pool, struct bytes note);

#endif
