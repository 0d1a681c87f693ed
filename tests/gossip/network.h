/*
 * A simulated gossip network: a log that shows different histories to different sides, monitors
 * that follow it and exchange heads, clients that hand in what they were shown, and a peer that
 * floods. One seed decides everything. After every round, what must have been found is computed
 * from what was shown to whom, and compared with what the real pools say.
 */
#ifndef VOUCH_TESTS_GOSSIP_NETWORK_H
#define VOUCH_TESTS_GOSSIP_NETWORK_H

#include <stdint.h>

enum { NETWORK_MONITORS = 5, NETWORK_CLIENTS = 20, NETWORK_ROUNDS = 14 };

/* How often things happened, to see that a run is not empty. */
struct network_tally {
    uint64_t forks;           /* seeds in which the log forked and it could be seen */
    uint64_t found_at_client; /* of them: found by the client itself, at the desk of a monitor */
    uint64_t found;           /* by all monitors that are connected, when the round was over */
    uint64_t returns;         /* of them: in the round in which two monitors came back */
    uint64_t lost;            /* messages */
    uint64_t busy;            /* heads that were not taken, of a flood for the most part */
    uint64_t honest;          /* seeds without a fork */
};

/* Runs one seed; returns only if every invariant held. */
void network_run(struct network_tally *tally, uint64_t seed);

#endif
