/*
 * The simulated world of a log in which the admission rules decide: the same processes and faults as
 * in world.h, with statements of an author, and a model of what the log must answer.
 */
#ifndef VOUCH_TESTS_SIM_RULES_WORLD_H
#define VOUCH_TESTS_SIM_RULES_WORLD_H

#include "tests/sim/world.h"

/*
 * Runs one seed from an empty log to a healed end and adds to tally; returns only if every
 * invariant held: what was acknowledged stays, with its flags; the facts in the store and the flags
 * in the seals are those that the entries alone give; nothing that may be used once is used twice.
 */
void rules_world_run(struct tally *tally, const struct log_keys *keys, uint64_t seed);

#endif
