/* How much of something somebody may do: a burst at once, and so much a minute over time. */
#ifndef VOUCH_CLIENT_GOSSIP_ALLOWANCE_H
#define VOUCH_CLIENT_GOSSIP_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

struct allowance {
    uint64_t thousandths; /* of one, left now */
    uint64_t filled_ms;   /* Unix time */
};

void allowance_init(struct allowance *allowance, uint64_t burst, uint64_t now_ms);

/* Takes one; false when none is left. A clock that goes back fills nothing. */
bool allowance_take(struct allowance *allowance, uint64_t burst, uint64_t per_minute,
                    uint64_t now_ms);

#endif
