/*
 * Recomputing a whole log entry by entry: its root, and in an evidence log what must hold between
 * its entries and its seals. Fed with entry bundles in order; no network, no files.
 */
#ifndef VOUCH_CLIENT_VERIFY_AUDIT_H
#define VOUCH_CLIENT_VERIFY_AUDIT_H

#include "client/verify/excuses.h"
#include "merkle/frontier.h"
#include "schemas/key_set.h"
#include "schemas/statement.h"

struct replay; /* client/verify/replay.h */

enum audit_kind {
    AUDIT_UNKNOWN,  /* decided by the first entry: a statement makes it an evidence log */
    AUDIT_EVIDENCE, /* entries are statements, every commit ends with a seal */
    AUDIT_OPAQUE,   /* entries are bytes */
};

const char *audit_kind_name(enum audit_kind kind);

/* All there is to know of a log after its first frontier.size entries. */
struct audit {
    struct frontier frontier;
    enum audit_kind kind;
    struct hash seal;        /* evidence: leaf hash of the last seal; zeros: none yet */
    uint64_t sealed_size;    /* evidence: entries up to and with the last seal */
    uint64_t received_at_ms; /* evidence: of the last seal */
    uint64_t seal_count;     /* seen by this run */
    uint64_t witnessed_size; /* evidence: that a seal of this run named last */
    uint64_t statement_count;
    uint64_t signatures_checked;
    /* Set by the caller: keys to check signatures of statements with, where they have the kid. */
    const struct key_set *log_keys;
    const struct key_set *issuer_keys;
    struct replay *replay; /* NULL: rules are not replayed. Set before the first entry */
    const struct excuses *excuses; /* faults to pass over; the replay has its own. NULL: none */
    enum audit_fault fault; /* of the entry that was not appended; AUDIT_NO_FAULT: none was */
};

/*
 * Appends the entries of a bundle that come after the first `skip`, which were appended before;
 * count is how many the bundle must hold at least; more are ignored. ERR_CORRUPT names the entry
 * and what is wrong with it.
 */
MUST_USE bool audit_append_bundle(struct audit *audit, struct bytes bundle, size_t skip,
                                  size_t count, struct err *err);

/* Appends one entry. After a failure nothing more may be appended. */
MUST_USE bool audit_append(struct audit *audit, struct bytes entry, struct err *err);

/*
 * Whether the entries so far may stand under a signed head: in an evidence log the last one is a
 * seal, unless there are none.
 */
MUST_USE bool audit_check_head(const struct audit *audit, struct err *err);

/* The next entry of a bundle; false at its end, with err set when it is cut off. */
bool bundle_next(struct bytes *rest, struct bytes *out, struct err *err);

#endif
