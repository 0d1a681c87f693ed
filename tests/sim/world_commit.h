/* A simulated process takes a batch; what it answers is held against what is true. */
#ifndef VOUCH_TESTS_SIM_WORLD_COMMIT_H
#define VOUCH_TESTS_SIM_WORLD_COMMIT_H

#include "tests/sim/world.h"

enum commit_end {
    COMMIT_ANSWERED, /* the submitters were answered */
    COMMIT_FAILED,   /* nothing was written, the process goes on */
    COMMIT_STOP,     /* the process died, or must stop */
};

/* The first count waiting submissions go to process, which may meet faults. */
enum commit_end world_commit(struct world *world, struct process *process, size_t count,
                             enum fault_set faults);

/* Whether what is on the disk and in the head cell is as it was. */
struct world_state {
    struct store_head head;
    struct head_mark mark;
};
struct world_state world_state_of(struct world *world, struct store *raw);
void world_require_unchanged(struct world *world, struct store *raw,
                             const struct world_state *before, const char *why);

#endif
