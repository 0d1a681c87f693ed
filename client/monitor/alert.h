/*
 * What a monitor tells: a finding that begins or is over, or an entry that somebody wants to know
 * of. The kinds are listed once, in alert.c; docs/OPERATIONS.md says what to do about each.
 */
#ifndef VOUCH_CLIENT_MONITOR_ALERT_H
#define VOUCH_CLIENT_MONITOR_ALERT_H

#include "base/bytes.h"
#include "client/verify/fork_proof.h"
#include "client/verify/report.h"
#include "merkle/hash.h"

/* Numbers are stored: never change or reuse one. */
enum alert_kind {
    ALERT_UNREACHABLE = 0,
    ALERT_STALE_HEAD = 1,
    ALERT_SHRINKING_HEAD = 2,
    ALERT_INCONSISTENT_HEAD = 3,
    ALERT_BAD_HEAD = 4,
    ALERT_QUORUM_LOST = 5,
    ALERT_MISSING_ENTRIES = 6,
    ALERT_CHANGED_ENTRY = 7,
    ALERT_CHANGED_TILE = 8,
    ALERT_BAD_SIGNATURE = 9,
    ALERT_BAD_RECORD = 10,
    ALERT_FALSE_SEAL = 11,
    ALERT_FALSE_FLAG = 12,
    ALERT_FALSE_ADMISSION = 13,
    ALERT_WATCH_APPROVER = 14,
    ALERT_WATCH_WORKFLOW = 15,
    ALERT_WATCH_OVERRIDE = 16,
    ALERT_WATCH_FLAG = 17,
    ALERT_FORK = 18,
    ALERT_KIND_COUNT,
};

enum {
    ALERT_TEXT_LEN_MAX = 512,
    ALERT_PATH_LEN_MAX = 512,
    ALERT_OBSERVER_LEN_MAX = 256,
    ALERT_JSON_LEN_MAX = 8192,
};

const char *alert_kind_name(enum alert_kind kind); /* "changed-tile" */

/* Whether it can be over: a finding is there until it is not; what was seen in an entry stays. */
bool alert_kind_is_finding(enum alert_kind kind);

/* Whether it is there for good once it was there: two signed heads convict for ever. */
bool alert_kind_is_lasting(enum alert_kind kind);

/* What a log is worth while it is there. */
enum verdict alert_kind_verdict(enum alert_kind kind);

enum alert_state {
    ALERT_BEGINS,
    ALERT_IS_OVER,
    ALERT_SEEN, /* of no finding: one entry */
    ALERT_ACKNOWLEDGED,
};

/* One of two heads that convict a log, and who says to have seen it when. */
struct alert_head {
    uint64_t size;
    struct hash root;
    char observer[ALERT_OBSERVER_LEN_MAX]; /* empty: nobody testifies */
    uint64_t seen_s;                       /* Unix time */
};

struct alert {
    enum alert_kind kind;
    enum alert_state state;
    uint64_t number;  /* of this alert, in the order in which the monitor found them */
    uint64_t finding; /* the number of the alert that began it; its own where it begins */
    uint64_t at_ms;   /* the monitor's clock */
    bool has_index;
    uint64_t index; /* of an entry */
    bool has_entry_id;
    struct hash entry_id;
    bool has_heads;                 /* of a fork */
    struct alert_head heads[2];     /* the smaller one first */
    char proof[ALERT_PATH_LEN_MAX]; /* the file of the fork proof; empty: none could be kept */
    char text[ALERT_TEXT_LEN_MAX];  /* a sentence; may quote strangers */
};

/* What a fork proof says, with the first testimony to each head. path: of its file; NULL: none. */
void alert_set_fork(struct alert *alert, const struct fork_proof *proof, const char *path);

/*
 * Appends {"event": "monitor-alert", "number", "finding", "kind", "state": "begins" | "over" |
 * "seen" | "acknowledged", "origin", "at_ms", "index"?, "entry_id"?, "proof"?, "heads"?: [{"size", "root",
 * "observer"?, "seen_at_ms"?}, the other], "text"}.
 */
void alert_append_json(struct buf *out, const struct alert *alert, const char *origin);

#endif
