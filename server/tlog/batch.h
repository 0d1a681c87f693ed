/*
 * Finding out which submissions of a batch may be new: each identity enters the log once, whether
 * it comes twice in a batch or again years later.
 */
#ifndef VOUCH_SERVER_TLOG_BATCH_H
#define VOUCH_SERVER_TLOG_BATCH_H

#include "server/tlog/tlog.h"

enum { BATCH_SLOTS = 2 * TLOG_BATCH_ENTRIES_MAX }; /* a power of two */

/* Working memory, used again for every batch; its content means nothing between two. */
struct batch {
    /* Open addressing by identity: position in the batch + 1, or 0 for free. */
    uint16_t slots[BATCH_SLOTS];
    /* For each submission the first one in the batch with its identity, often itself, and where
     * that one is in the log: STORE_NO_INDEX when it is not. The log's own have no identity yet. */
    uint16_t firsts[TLOG_BATCH_ENTRIES_MAX];
    uint64_t known[TLOG_BATCH_ENTRIES_MAX];
    struct store_key keys[TLOG_BATCH_ENTRIES_MAX]; /* identities to look up, each once */
    uint16_t positions[TLOG_BATCH_ENTRIES_MAX];    /* the submission that a key is of */
    size_t key_count;
    struct node_id leaf_ids[TLOG_BATCH_ENTRIES_MAX]; /* of those that are in the log already */
    struct hash leaf_hashes[TLOG_BATCH_ENTRIES_MAX];
};

/* The log that the batch is for. */
struct batch_target {
    struct store *store;
    enum log_kind kind;
    uint64_t size;
};

/*
 * Sets firsts and known. An entry that the store claims to hold is looked at: ERR_CORRUPT when
 * something else is at its index. Only reads.
 */
MUST_USE bool batch_look_up(struct batch *batch, const struct batch_target *target,
                            struct tlog_submission *const *submissions, size_t count,
                            struct err *err);

#endif
