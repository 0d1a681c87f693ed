/*
 * Facts: what earlier entries say, as far as a rule may ask for it. A fact is a value under a key
 * (fact_key.h). Rules read facts, and each admitted record leaves some behind. All of them can be
 * made again from the entries alone, by admitting them in order.
 *
 * A facts struct is an overlay in memory: it holds what a batch changes, and what it has read, above
 * a base that holds what is committed. The server's base is its store, the auditor's is empty at
 * the start.
 */
#ifndef VOUCH_SCHEMAS_RULES_FACTS_H
#define VOUCH_SCHEMAS_RULES_FACTS_H

#include "base/err.h"
#include "schemas/rules/fact_key.h"

/* What is committed. get appends the value to out and sets *out_found; it changes nothing else. */
struct facts_base;
struct facts_base_ops {
    bool (*get)(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                struct err *err);
};
struct facts_base {
    const struct facts_base_ops *ops;
};

struct facts;

/* base: borrowed; NULL when nothing is committed yet and everything stays in memory. */
struct facts *facts_new(struct facts_base *base);
void facts_free(struct facts *facts); /* accepts NULL */

/*
 * The value under a key; false when there is none. The value is borrowed until facts_committed or
 * facts_reset. When the base cannot be read the answer is "none" and facts_check fails from then on: rules need no
 * error handling, whoever acts on their verdict asks facts_check first.
 */
bool facts_get(struct facts *facts, const struct fact_key *key, struct bytes *out);
bool facts_has(struct facts *facts, const struct fact_key *key);
void facts_put(struct facts *facts, const struct fact_key *key, struct bytes value);

/* False, with the first failure of the base or of a reader of values (facts_fail). */
MUST_USE bool facts_check(const struct facts *facts, struct err *err);

/* A value is not what was written: facts_check fails from now on. Returns false. */
bool facts_fail(struct facts *facts, const char *what);

/* How many facts are known, asked for or put since the last facts_reset, and the key of each. */
size_t facts_known_count(const struct facts *facts);
struct bytes facts_known_key(const struct facts *facts, size_t i);

/* Everything put after the mark is forgotten by facts_rollback, which may be called again. */
void facts_mark(struct facts *facts);
void facts_rollback(struct facts *facts);

/*
 * Around several marks that stand or fall together: facts_end_group without keep forgets
 * everything put since facts_begin_group. Groups are not nested.
 */
void facts_begin_group(struct facts *facts);
void facts_end_group(struct facts *facts, bool keep);

/* What was put since the last facts_committed or facts_reset, in the order of the keys. Valid until the next put. */
struct fact_change {
    struct bytes key;
    struct bytes value;
};
const struct fact_change *facts_changes(struct facts *facts, size_t *out_count);

/*
 * The changes are in the base now, and nobody else changes it: what is known stays known, and is
 * not asked for again, until it is too much for memory; values borrowed are given back. Without a
 * base everything is kept. facts_check must have been true.
 */
void facts_committed(struct facts *facts);

/* The changes shall be forgotten, or the base is not what it was: forgets everything known. Without
 * a base it does as facts_committed. Clears a failure. */
void facts_reset(struct facts *facts);

#endif
