/*
 * The judgement on an add-checkpoint request (C2SP tlog-witness): which log it is of, whether that
 * log signed it, and whether it extends what was cosigned last. Reads nothing, changes nothing.
 */
#ifndef VOUCH_SERVER_COSIGNING_EXAMINE_H
#define VOUCH_SERVER_COSIGNING_EXAMINE_H

#include "schemas/add_checkpoint.h"
#include "server/cosigning/ledger.h"
#include "server/cosigning/log_list.h"

enum { EXAMINE_TEXT_LEN_MAX = 16384 };

enum examine_finding {
    FINDING_CONSISTENT,
    FINDING_MALFORMED,    /* not a request of this form, or an old size above the checkpoint's */
    FINDING_UNKNOWN_LOG,  /* its origin is not on the list */
    FINDING_UNSIGNED,     /* no signature by a key of the log, or a broken one */
    FINDING_CONFLICT,     /* the old size is not that of the newest cosigned checkpoint */
    FINDING_INCONSISTENT, /* signed by the log, and not proven to extend that checkpoint */
};

enum { FINDINGS = FINDING_INCONSISTENT + 1 };

/* Borrows from the request's body. */
struct examination {
    struct add_checkpoint request;
    struct note note;
    struct checkpoint checkpoint;
    struct hash log_id;
    struct listed_log *log; /* FINDING_UNSIGNED and after; borrowed from the list */
    size_t valid[LOG_LIST_KEYS_MAX]; /* places of the log's signatures in the note */
    size_t valid_count;
};

/*
 * First half: everything that does not depend on what was cosigned before, and the one that costs.
 * FINDING_CONSISTENT means so far so good. err says what is wrong otherwise.
 */
enum examine_finding examine_signature(struct examination *out, struct bytes body,
                               const struct log_list *list, struct err *err);

/* Second half, against the log's state; zeroed: nothing was ever cosigned for it. */
enum examine_finding examine_consistency(const struct examination *examination,
                                 const struct ledger_state *state, struct err *err);

/* Appends the checkpoint with the log's own signatures only. */
void examine_append_note(struct buf *out, const struct examination *examination);

/* "consistent", "malformed", ...: for metrics. */
const char *finding_name(enum examine_finding finding);

#endif
