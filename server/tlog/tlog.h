/*
 * The core of the log: takes verified submissions in batches, decides what is new, seals, signs
 * and commits. Single-threaded and deterministic: store, head cell, clock and signers are handed
 * in. No HTTP, no threads, no wall clock and no LevelDB here.
 */
#ifndef VOUCH_SERVER_TLOG_TLOG_H
#define VOUCH_SERVER_TLOG_TLOG_H

#include "base/clock.h"
#include "schemas/key.h"
#include "server/store/store.h"
#include "server/tlog/head_cell.h"

enum { TLOG_BATCH_ENTRIES_MAX = 4096 };

struct tlog_options {
    struct store *store; /* borrowed, like all that follows; outlives the tlog */
    struct head_cell *head_cell;
    struct clock *clock;
    const char *origin;
    enum log_kind kind;
    struct signer *checkpoint_signer; /* Ed25519 */
    struct signer *receipt_signer;    /* P-256; evidence logs */
    struct signer *log_signer;        /* P-256, signs seals; evidence logs */
};

struct tlog;

/*
 * Opens the log on its store. Refuses (ERR_REFUSED) a store of another origin, kind or key;
 * ERR_CORRUPT when head, signature and right edge do not belong together. When the head cell
 * shows that the store went back in time, the tlog opens read-only: tlog_read_only_reason says
 * why and tlog_commit refuses.
 */
MUST_USE bool tlog_open(struct tlog **out, const struct tlog_options *options, struct err *err);
void tlog_close(struct tlog *tlog); /* accepts NULL */

/* NULL, or why the log may be read but must not sign. Fixed when the log was opened. */
const char *tlog_read_only_reason(const struct tlog *tlog);

/* NULL, or why the outcome of a commit is unknown: the process must stop, reopening decides. */
const char *tlog_failure(const struct tlog *tlog);

/* The newest committed head. */
const struct store_head *tlog_head(const struct tlog *tlog);

enum tlog_outcome {
    TLOG_ADDED,     /* a new entry, at index */
    TLOG_DUPLICATE, /* this identity is in the log already, at index */
};

/* One verified entry on its way into the tree. */
struct tlog_submission {
    struct bytes entry;        /* borrowed, 0..STORE_ENTRY_LEN_MAX bytes */
    struct hash leaf_hash;     /* of entry */
    struct hash identity;      /* evidence: sid; opaque: the leaf hash */
    enum tlog_outcome outcome; /* set by tlog_commit, with index */
    uint64_t index;
};

/*
 * Admits a batch of 1..TLOG_BATCH_ENTRIES_MAX in order, and commits what is new: entries, seal
 * (evidence logs), nodes, keys and signed head in one atomic synced write, then the head cell.
 * When nothing is new nothing is written. When it returns true, every submission may be answered
 * and tlog_head() be shown; when it returns false, none of them may. Three kinds of false:
 *   read-only (ERR_REFUSED);
 *   nothing was written, e.g. a signer or a look-up failed: the batch may be tried again;
 *   the store was touched, or the store is fenced (ERR_REFUSED): tlog_failure() says so from now
 *   on, every later call is refused, and the process must stop.
 */
MUST_USE bool tlog_commit(struct tlog *tlog, struct tlog_submission *const *submissions,
                          size_t count, struct err *err);

/*
 * Writes the first head (size 0, signed) of a log that is being created; the caller puts it into
 * the new store and the head file.
 */
MUST_USE bool tlog_first_head(struct store_head *out, const char *origin,
                              struct signer *checkpoint_signer, uint64_t now_ms, struct err *err);

#endif
