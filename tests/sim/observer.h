/*
 * Somebody who looks at the log from outside and forgets nothing: every head that was ever shown,
 * and every entry under them. Checks each new head against all that was seen before.
 */
#ifndef VOUCH_TESTS_SIM_OBSERVER_H
#define VOUCH_TESTS_SIM_OBSERVER_H

#include "schemas/note.h"
#include "tests/sim/claims.h"
#include "tests/sim/process.h"

struct observer {
    const struct place *place;
    const struct log_keys *keys;
    enum log_kind kind;
    struct note_verifier verifier;
    struct buf receipt_header;
    struct hash *leaves;      /* leaf hashes of all entries that were ever under a shown head */
    struct hash *sids;        /* their statement identities; evidence logs */
    uint64_t size;            /* how many */
    struct store_head *shown; /* every head ever shown, by size */
    size_t shown_count;
    struct store_head newest; /* the last committed head that was checked */
};

void observer_init(struct observer *observer, const struct place *place,
                   const struct log_keys *keys, enum log_kind kind);
void observer_cleanup(struct observer *observer);

/*
 * A process shows its head. raw is the store it is on, without faults. Everything that must be
 * true of a shown head is checked, and of the heads that were committed since the last one.
 */
void observer_see_head(struct observer *observer, struct store *raw, const struct store_head *head,
                       struct rng *rng);

/* An acknowledged claim is at its index, provably, under the newest shown head. */
void observer_check_claim(const struct observer *observer, struct store *raw,
                          const struct claim *claim);

/* Reads entry index from a store that may fail or lie: an error, or the truth. */
void observer_read(const struct observer *observer, struct store *faulty, uint64_t index);

/* At the end: each claim is in the tree exactly once, and nothing else but seals. */
void observer_check_complete(const struct observer *observer, const struct claims *claims);

#endif
