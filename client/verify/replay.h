/*
 * Replaying a log: every statement is admitted again by the rules the log says it follows, with
 * nothing but the entries, and must get the same answer. What replay needs of keys, roles and
 * settings stands in the log itself: its first entry names the log's own keys and whom it trusts.
 */
#ifndef VOUCH_CLIENT_VERIFY_REPLAY_H
#define VOUCH_CLIENT_VERIFY_REPLAY_H

#include "client/verify/excuses.h"
#include "schemas/record_schema.h"
#include "schemas/rules/admission.h"
#include "schemas/rules/record_type.h"
#include "schemas/rules/settings.h"
#include "schemas/seal.h"
#include "schemas/statement.h"

/* What was met on the way. */
struct replay_counts {
    uint64_t statements; /* seals apart */
    uint64_t records;
    uint64_t flags;
    uint64_t records_of_type[RECORD_TYPE_COUNT];
    uint64_t signatures;
    uint64_t token_checks; /* approvals whose ID token the log says it verified */
};

struct replay;

/* schema: borrowed; what the log's records must be. */
struct replay *replay_new(const struct record_schema *schema);

/*
 * A replay that goes on where another one has come to, after a commit. base: what that one's facts
 * were (facts.h), borrowed; log_keys: what replay_append_log_keys appended. Changed facts stay in
 * replay_facts over several commits, until the caller has put them into the base
 * (facts_committed).
 * ERR_INVALID when log_keys is nothing that was appended. NULL then.
 */
struct replay *replay_resume(const struct record_schema *schema, struct facts_base *base,
                             struct bytes log_keys, struct err *err);
void replay_append_log_keys(struct buf *out, const struct replay *replay);
void replay_free(struct replay *replay); /* accepts NULL */

/*
 * Takes the next entry of a commit, a statement whose form has been checked. Rules are asked when
 * the commit's seal comes, which says when its entries were received.
 */
void replay_take(struct replay *replay, struct bytes entry);

/* The next entry of a commit is passed over: it says nothing. */
void replay_skip(struct replay *replay);

/*
 * Faults to pass over, at the index of the commit's seal: statements that are wrong say nothing.
 * Borrowed, and may change.
 */
void replay_excuse(struct replay *replay, const struct excuses *excuses);

/*
 * Replays the commit that this seal ends; audit.h has checked the seal against the tree. entry: the
 * seal's own statement. ERR_CORRUPT names the entry, record and rule where the log's answer is not
 * the one its rules give: a signature that does not verify, an unknown or ended key, a record that
 * is not what its type must be, a statement that a rule refuses, a flag that is missing, wrong or
 * on another record, rules that are not those in force.
 */
MUST_USE bool replay_commit(struct replay *replay, const struct seal *seal, struct bytes entry,
                            struct err *err);

/* What kind of wrong the last replay_commit has found. */
enum audit_fault replay_fault(const struct replay *replay);

/* A statement that was admitted again, with its flags; borrowed. Its commit may still fail. */
struct replayed {
    uint64_t index;
    struct bytes entry;
    const struct statement *statement;
    const struct admission_verdict *verdict;
};
typedef void (*replayed_fn)(void *context, const struct replayed *replayed);

/* From now on each is shown to this function. */
void replay_show(struct replay *replay, replayed_fn show, void *context);

const struct replay_counts *replay_counts(const struct replay *replay);

/* How often a rule flagged a record; number as in schemas/rules/tables.h. */
uint64_t replay_flags_of_rule(const struct replay *replay, size_t rule_number);

/* What the log's entries so far say; for questions afterwards. */
struct facts *replay_facts(struct replay *replay);

#endif
