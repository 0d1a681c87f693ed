/*
 * A log that grows by made-up entries, the same ones for the same seed, and knows what a store
 * that holds it must answer. Tests, crash tests and the benchmark commit with it.
 */
#ifndef VOUCH_TESTS_STORE_GROWING_LOG_H
#define VOUCH_TESTS_STORE_GROWING_LOG_H

#include "merkle/frontier.h"
#include "server/store/store.h"

struct growing_log {
    uint64_t seed;
    size_t entry_len; /* of every entry; 0: varied, with empty and longest ones among them */
    bool with_sids;
    struct store_head head;   /* newest committed */
    struct frontier frontier; /* of head.size */
};

/* A commit with the memory it points into. */
struct growing_commit {
    struct store_commit commit;
    struct frontier frontier; /* after it */
    struct buf content;       /* of all entries */
    struct bytes *entries;
    struct node *nodes;
    struct store_key *keys;
    struct buf fact_content;
    struct store_fact *facts; /* one for each entry, and one that every commit changes */
};

/* The card and first head of every log made here. */
struct store_identity_card growing_log_card(void);
struct store_head growing_log_first_head(void);

/* Continues where the store's newest head is; the frontier is read from the store. */
MUST_USE bool growing_log_resume(struct growing_log *log, struct store *store, struct err *err);

/* The entry at an index, appended; its leaf hash and sid. */
void growing_log_entry(const struct growing_log *log, struct buf *out, uint64_t index);
void growing_log_keys(const struct growing_log *log, struct hash *out_leaf_hash,
                      struct hash *out_sid, uint64_t index);

/* Prepares the next count entries as one commit. */
void growing_log_prepare(const struct growing_log *log, struct growing_commit *out, size_t count);
void growing_commit_cleanup(struct growing_commit *growing);

/* Commits what was prepared and, when that worked, grows the log. */
MUST_USE bool growing_log_apply(struct growing_log *log, struct store *store,
                                const struct growing_commit *growing, struct err *err);

/* Prepare, apply, cleanup. */
MUST_USE bool growing_log_commit(struct growing_log *log, struct store *store, size_t count,
                                 struct err *err);

/*
 * Whether the store answers every question about this log right: head, entries, nodes, keys.
 * False with what is wrong in err. The codes of failed reads are kept; ERR_INVALID is a wrong
 * answer given as a right one.
 */
MUST_USE bool growing_log_check(const struct growing_log *log, struct store *store,
                                struct err *err);

#endif
