/*
 * What members of a gossip network send each other: checkpoints and fork proofs, one after the
 * other, an empty line before each but the first. All parts fall apart by themselves: a checkpoint
 * has one empty line inside, a fork proof has its header's, and then two checkpoints.
 */
#ifndef VOUCH_CLIENT_GOSSIP_EXCHANGE_H
#define VOUCH_CLIENT_GOSSIP_EXCHANGE_H

#include "client/gossip/pool.h"

enum { EXCHANGE_LEN_MAX = 1 << 20, EXCHANGE_ITEMS_MAX = 4096 };

/* How many items had which result. */
struct exchange_counts {
    uint64_t results[POOL_RESULTS];
};

/* Takes the first item off rest, which is not empty. ERR_INVALID when there is none. */
MUST_USE bool exchange_next(struct bytes *rest, struct bytes *out_item, bool *out_is_fork,
                            struct err *err);

/*
 * Gives everything in a text to the pool, as brought by a source. ERR_INVALID when it is too long
 * or does not fall apart into items; those before the place count.
 */
MUST_USE bool exchange_take(struct pool *pool, size_t source, struct bytes text,
                            struct exchange_counts *out, struct err *err);

#endif
