/*
 * What the log ought to be: a second admission that knows nothing but the committed entries. It says
 * beforehand what the log must answer, afterwards which flags must be in the seals and which facts
 * in the store; and it keeps its own account of what may be used only once, which no rule is asked for.
 */
#ifndef VOUCH_TESTS_SIM_MODEL_H
#define VOUCH_TESTS_SIM_MODEL_H

#include "schemas/rules/admission.h"
#include "schemas/seal.h"
#include "server/tlog/tlog.h"
#include "tests/sim/place.h"
#include "tests/support/memory_facts.h"

struct model_entry {
    struct hash identity;
    struct tlog_flags flags;
};

/* What the log must say of a submission. */
struct model_answer {
    enum tlog_outcome outcome;
    uint64_t index;             /* of TLOG_ADDED and TLOG_DUPLICATE */
    const struct rule *refused_by;
    struct tlog_flags flags;
};

struct model {
    const struct place *place;
    const struct public_key *log_key;
    const char *origin;
    struct facts_base base; /* committed, for facts */
    struct memory_facts committed;
    struct facts *facts;
    struct admission *admission;
    struct model_entry *entries;
    uint64_t size;          /* entries learned */
    uint64_t commit_begin;  /* the first one of the commit being learned */
    struct memory_facts used; /* once and for ever: what, and by which entry */
    /* Of the commit learned last: */
    struct memory_facts changed; /* by short keys */
    bool principals_changed;
};

void model_init(struct model *model, const struct place *place, const char *origin,
                const struct public_key *log_key);
void model_cleanup(struct model *model);

/* What a log that has all the entries learned must answer; leaves the model as it was. */
void model_predict(struct model *model, struct model_answer *out,
                   struct tlog_submission *const *submissions, size_t count,
                   uint64_t received_at_ms);

/* Takes in the entries up to size and requires that they are admitted and flagged as sealed. */
void model_learn(struct model *model, struct store *raw, uint64_t size);

/* Requires that the store, of this size, holds the facts that its entries leave and no others. */
void model_compare_facts(const struct model *model, struct store *raw);

#endif
