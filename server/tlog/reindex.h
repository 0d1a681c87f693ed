/*
 * Making everything again that follows from a log's entries: its indexes by hash and, by admitting
 * every statement once more, its facts.
 */
#ifndef VOUCH_SERVER_TLOG_REINDEX_H
#define VOUCH_SERVER_TLOG_REINDEX_H

#include "server/store/store_reindex.h"

/* Called after every commit with how many of the entries are done. */
typedef void (*reindex_progress_fn)(void *context, uint64_t done, uint64_t size);

struct reindex_options {
    struct store *store;           /* to read: heads, entries, tree; not its indexes or facts */
    struct store_reindex *target;  /* new; not finished by this */
    reindex_progress_fn progress;  /* or NULL */
    void *context;                 /* of progress */
};

/*
 * Sets the size of the tree whose rows were added to target. Every entry is compared with its leaf
 * in the tree. ERR_CORRUPT where the entries do not give what the log sealed: another flag, a
 * refusal, other rules; then it was written by other rules than this program's, or is damaged.
 */
MUST_USE bool reindex_run(const struct reindex_options *options, uint64_t *out_size,
                          struct err *err);

#endif
