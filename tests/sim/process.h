/*
 * One process that runs the log: store, head cell and signers as it sees them, with the faults
 * that lie ahead of it. Disk, head cell and clock belong to the world and outlive it.
 */
#ifndef VOUCH_TESTS_SIM_PROCESS_H
#define VOUCH_TESTS_SIM_PROCESS_H

#include "tests/sim/life.h"
#include "tests/support/log_fixture.h"
#include "tests/support/rng.h"

#define SIM_ORIGIN "sim.example/log"

/* What is there before and after a process. */
struct surroundings {
    const struct log_keys *keys;
    enum log_kind kind;
    bool admits_by_rules;
    struct clock_fake clock;
    struct head_cell_memory cell;
    struct memory_disk *disk;
};

struct process {
    struct surroundings *around;
    struct store *raw; /* what is on the disk, to look at it without faults; owned by faulty */
    struct store *faulty;
    struct signer_failing failing[3]; /* checkpoint, receipt, log */
    struct life life;
    struct mortal_store mortal_store;
    struct mortal_cell mortal_cell;
    struct mortal_signer mortal_signers[3];
    struct tlog *tlog; /* NULL when it could not be opened */
    bool lie_ahead;    /* a wrong answer to a read is armed */
    bool was_lied_to;  /* a read gave one: the process may know something that is not so */
    uint64_t cell_faults_before; /* of the head cell, when the process started */
};

/* What may go wrong; each mostly does not. */
enum fault_set {
    FAULTS_NONE,
    FAULTS_OPENING,
    FAULTS_COMMIT,
    FAULTS_READING,
};

/*
 * Starts a process on the surroundings. False when it could not open the log, which is right only
 * if a fault took place; process must be stopped in any case.
 */
MUST_USE bool process_start(struct process *process, struct surroundings *around,
                            enum fault_set faults, struct rng *rng, struct err *err);
void process_stop(struct process *process);

/* Draws the faults of the calls that come next, at most a few. */
void process_arm(struct process *process, enum fault_set faults, struct rng *rng);

/* Takes back whatever has not happened; keeps a record of lies. */
void process_disarm(struct process *process);

/* Faults that took place in this process so far, death included. */
uint64_t process_faults(const struct process *process);

#endif
