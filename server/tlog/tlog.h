/*
 * The core of the log: takes verified submissions in batches, decides what is new and, in evidence
 * logs, what the admission rules allow, seals, signs and commits. Single-threaded and deterministic: store, head cell, clock and signers are handed
 * in. No HTTP, no threads, no wall clock and no LevelDB here.
 */
#ifndef VOUCH_SERVER_TLOG_TLOG_H
#define VOUCH_SERVER_TLOG_TLOG_H

#include "base/clock.h"
#include "schemas/key.h"
#include "schemas/rules/rule.h"
#include "schemas/seal.h"
#include "server/store/store.h"
#include "server/tlog/head_cell.h"

enum { TLOG_BATCH_ENTRIES_MAX = 4096, TLOG_RULES_MAX = 512 };

struct tlog_options {
    struct store *store; /* borrowed, like all that follows; outlives the tlog */
    struct head_cell *head_cell;
    struct clock *clock;
    const char *origin;
    enum log_kind kind;
    struct signer *checkpoint_signer; /* Ed25519 */
    struct signer *receipt_signer;    /* P-256; evidence logs */
    struct signer *log_signer; /* P-256, signs seals and what the log itself says; evidence logs */
    bool admits_by_rules;      /* evidence logs; false: admits every statement */
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

/* NULL, or why the log may be read but must not sign. */
const char *tlog_read_only_reason(const struct tlog *tlog);

/*
 * From now on nothing is signed: a head that this log signed speaks against what it holds. A log
 * that is read-only already keeps its reason.
 */
void tlog_freeze(struct tlog *tlog, const char *reason);

/*
 * Makes the store's head the one that was published last, whatever the head cell says: for an
 * operator who has made sure of that by other means. The next opening may sign again.
 */
MUST_USE bool tlog_adopt(struct tlog *tlog, struct err *err);

/*
 * The newest head that met the witness quorum, to be named by the seals of all later commits; its
 * size is one that this log has published. Evidence logs.
 */
void tlog_set_witnessed(struct tlog *tlog, const struct seal_witnessed *witnessed);

/* NULL, or why the outcome of a commit is unknown: the process must stop, reopening decides. */
const char *tlog_failure(const struct tlog *tlog);

/* The newest committed head. */
const struct store_head *tlog_head(const struct tlog *tlog);

/* Raised by each commit of this process that changed keys or roles of anybody. */
uint64_t tlog_principals_version(const struct tlog *tlog);

/* The short keys (facts.h) of the facts that the newest commit changed; until the next commit. */
const uint64_t *tlog_changed_facts(const struct tlog *tlog, size_t *out_count);

enum tlog_outcome {
    TLOG_ADDED,     /* a new entry, at index */
    TLOG_DUPLICATE, /* this identity is in the log already, at index */
    TLOG_REFUSED,   /* an admission rule refuses it, see refusal; index: where it would have stood */
    TLOG_DEFERRED,  /* not decided, since the seal has no more room for flags: commit it again */
    TLOG_SILENT,    /* the log itself had nothing to say */
    TLOG_OUTCOMES,
};

/* What can be known when a batch has come to something that the log itself says. */
struct tlog_moment {
    struct facts *facts; /* of everything before it, in this batch too; for reading */
    uint64_t index;      /* where it will stand */
    uint64_t received_at_ms;
};

/*
 * Something the log itself says, decided and made in its place of the batch. Put it first in a
 * struct of your own, where make leaves whatever else it found.
 */
struct tlog_own {
    const char *subject; /* CWT sub of the statement */
    /* Appends one record, or an array of 2..1024 of them, to out; false: there is nothing to say.
     * May be called again for the same batch when a commit is tried again. */
    bool (*make)(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out);
};

struct tlog_refusal {
    const struct rule *rule; /* NULL: not refused */
    uint32_t group_member;   /* which submission of the group it was, from 0 */
    uint32_t record_number;
    struct rule_finding finding;
};

/* Which rules flagged a statement: a set of rule_number. */
struct tlog_flags {
    uint64_t bits[TLOG_RULES_MAX / 64];
};

/* The first rule of the set whose number is not below `from`; TLOG_RULES_MAX: there is none. */
size_t tlog_flags_next(const struct tlog_flags *flags, size_t from);

/* One verified entry on its way into the tree, or something the log itself says. */
struct tlog_submission {
    /* Somebody's entry: all borrowed. tlog_commit sets these three for the log's own, whose bytes
     * live until the next commit. */
    struct bytes entry;        /* 0..STORE_ENTRY_LEN_MAX bytes */
    struct hash leaf_hash;     /* of entry */
    struct hash identity;      /* evidence: sid; opaque: the leaf hash */
    /* Evidence logs: what a rule asks of the statement; borrowed from the entry. */
    struct bytes issuer;
    struct bytes audience;
    struct bytes kid;
    struct bytes payload;
    struct tlog_own *own;      /* NULL: somebody's; else the log itself says it */
    /* Makes a group with the next one in the batch: all of a group are admitted in one commit, or
     * none is and each has the refusal of the one that a rule refused. */
    bool with_next;
    /* Set by tlog_commit: */
    enum tlog_outcome outcome;
    uint64_t index;
    uint64_t received_at_ms;   /* of the batch; not of duplicates */
    struct tlog_refusal refusal;
    struct tlog_flags flags;   /* of TLOG_ADDED */
};

/*
 * Decides a batch of at most TLOG_BATCH_ENTRIES_MAX in order, and commits what is new and admitted:
 * entries, seal (evidence logs), nodes, keys, facts and signed head in one atomic synced write,
 * then the head cell. When nothing is added nothing is written. An empty batch is the heartbeat of
 * an evidence log that has entries: a seal and nothing else. When it returns true, every submission but the
 * deferred ones, which are the last of the batch, may be answered
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
