/*
 * The simulated world: submitters, a log, whatever can happen to both, and an observer. One seed
 * decides everything, so a run can be repeated.
 */
#ifndef VOUCH_TESTS_SIM_WORLD_H
#define VOUCH_TESTS_SIM_WORLD_H

#include "tests/sim/observer.h"

enum { WORLD_STEPS = 70, WORLD_QUEUE_MAX = TLOG_BATCH_ENTRIES_MAX };

/* How often things happened, to see that a run is not empty. */
struct tally {
    uint64_t commits;        /* batches that were answered */
    uint64_t entries;        /* under the last heads */
    uint64_t heads;          /* shown, each once */
    uint64_t failed_commits; /* the process went on */
    uint64_t stops;          /* it died in a commit, or had to stop */
    uint64_t fenced_commits; /* by a process with a successor */
    uint64_t openings;       /* that worked */
    uint64_t failed_openings;
    uint64_t read_only; /* openings that had to be */
    /* Where rules decide: */
    uint64_t refused;
    uint64_t flagged; /* entries with flags */
    uint64_t granted; /* questions to the gate */
};

/* A submission that waits for the log. */
struct waiting {
    struct claim *claim;
    const struct claim_variant *variant;
};

struct world {
    struct place place;
    struct rng rng;
    struct surroundings around;
    struct claims claims;
    struct observer observer;
    struct process *process;     /* the one that runs the log; NULL in between */
    struct process *predecessor; /* still alive, does not know of process; or NULL */
    struct memory_disk *backup;  /* or NULL */
    uint64_t backup_size;
    struct waiting queue[WORLD_QUEUE_MAX];
    size_t queue_count;
    struct tally *tally;
    struct tlog_submission submissions[WORLD_QUEUE_MAX]; /* of the batch in the making */
    struct tlog_submission *pointers[WORLD_QUEUE_MAX];
};

/*
 * Runs one seed from an empty log to a healed end and adds to tally; returns only if every
 * invariant held.
 */
void world_run(struct tally *tally, const struct log_keys *keys, uint64_t seed);

#endif
