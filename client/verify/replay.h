/*
 * Replaying a log: every statement is admitted again by the rules the log says it follows, with
 * nothing but the entries, and must get the same answer. What replay needs of keys, roles and
 * settings stands in the log itself: its first entry names the log's own keys and whom it trusts.
 */
#ifndef VOUCH_CLIENT_VERIFY_REPLAY_H
#define VOUCH_CLIENT_VERIFY_REPLAY_H

#include "schemas/record_schema.h"
#include "schemas/rules/facts.h"
#include "schemas/rules/record_type.h"
#include "schemas/rules/settings.h"
#include "schemas/seal.h"

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
void replay_free(struct replay *replay); /* accepts NULL */

/*
 * Takes the next entry of a commit, a statement whose form has been checked. Rules are asked when
 * the commit's seal comes, which says when its entries were received.
 */
void replay_take(struct replay *replay, struct bytes entry);

/*
 * Replays the commit that this seal ends; audit.h has checked the seal against the tree. entry: the
 * seal's own statement. ERR_CORRUPT names the entry, record and rule where the log's answer is not
 * the one its rules give: a signature that does not verify, an unknown or ended key, a record that
 * is not what its type must be, a statement that a rule refuses, a flag that is missing, wrong or
 * on another record, rules that are not those in force.
 */
MUST_USE bool replay_commit(struct replay *replay, const struct seal *seal, struct bytes entry,
                            struct err *err);

const struct replay_counts *replay_counts(const struct replay *replay);

/* How often a rule flagged a record; number as in schemas/rules/tables.h. */
uint64_t replay_flags_of_rule(const struct replay *replay, size_t rule_number);

/* What the log's entries so far say; for questions afterwards. */
struct facts *replay_facts(struct replay *replay);

#endif
