/*
 * Admission: whether a statement may enter the tree, which flags its records carry for ever, and
 * which facts they leave. A pure function of the statement, the facts left by earlier entries, its
 * index and its receive time, so that an auditor who replays the entries gets the same answers.
 * One admission belongs to one thread.
 */
#ifndef VOUCH_SCHEMAS_RULES_ADMISSION_H
#define VOUCH_SCHEMAS_RULES_ADMISSION_H

#include "schemas/rules/facts.h"
#include "schemas/rules/rule.h"

/* A statement whose form, signature and schema have been checked. All borrowed. */
struct admission_entry {
    struct bytes issuer;
    struct bytes audience;
    struct bytes kid;
    struct bytes payload; /* accepted by record_check_payload */
    bool is_of_log;       /* made by the log itself, with the log key */
    uint64_t index;
    uint64_t received_at_ms;
};

struct admission_flag {
    const struct rule *rule;
    uint32_t record_number; /* in the statement, from 0 */
};

struct admission_verdict {
    const struct rule *refused_by; /* NULL: admitted */
    /* of a refusal */
    uint32_t record_number;
    struct rule_finding finding; /* finding.path begins with the record's number in an array */
    /* of an admitted statement: in the order of records, then of rules; valid until the next call */
    const struct admission_flag *flags;
    size_t flag_count;
};

struct admission;

/* facts: borrowed; whoever owns them reads facts_changes, commits them and calls facts_reset. */
struct admission *admission_new(struct facts *facts);
void admission_free(struct admission *admission); /* accepts NULL */

/* From now on every admitted record is found by what it mentions (mentions.h). */
void admission_keep_mentions(struct admission *admission);

/*
 * Decides one statement. Admitted: its facts are in the overlay. Refused: nothing of it is, not
 * even of the records before the refused one. Returns false when the facts cannot be read; then
 * nothing is decided and nothing of the batch may be committed. A statement of the log that is
 * refused is a mistake of ours or, in a replay, of the log.
 */
MUST_USE bool admission_decide(struct admission *admission, const struct admission_entry *entry,
                               struct admission_verdict *out, struct err *err);

/*
 * For the test that shows what each rule is for: from now on the rule with this name and code is
 * not asked. False when there is none.
 */
bool admission_leave_out(struct admission *admission, const char *name, const char *code);

#endif
