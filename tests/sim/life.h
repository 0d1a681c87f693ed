/*
 * The life of a simulated process: everything it does to the world outside goes through here, and
 * death may come before or after any of these calls. A dead process still returns from what it was
 * doing, since it runs inside the test; but nothing it does has an effect any more, and whoever
 * called it must not look at the result.
 */
#ifndef VOUCH_TESTS_SIM_LIFE_H
#define VOUCH_TESTS_SIM_LIFE_H

#include "schemas/key.h"
#include "server/store/store.h"
#include "server/tlog/head_cell.h"

struct life {
    bool dead;
    bool is_doomed;      /* calls_left counts down to death */
    uint64_t calls_left; /* calls that still go well */
    bool dies_after;     /* the last call takes effect, and the process does not hear of it */
};

struct mortal_store {
    struct store store;
    struct store *inner;
    struct life *life;
};

struct mortal_cell {
    struct head_cell cell;
    struct head_cell *inner;
    struct life *life;
};

struct mortal_signer {
    struct signer signer;
    struct signer *inner;
    struct life *life;
};

/* All borrow what they stand in for; closing them closes nothing. */
void mortal_store_init(struct mortal_store *mortal, struct store *inner, struct life *life);
void mortal_cell_init(struct mortal_cell *mortal, struct head_cell *inner, struct life *life);
void mortal_signer_init(struct mortal_signer *mortal, struct signer *inner, struct life *life);

#endif
