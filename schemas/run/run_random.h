/* Where a run document's ids and opening keys come from: random bytes, or a seed. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_RANDOM_H
#define VOUCH_SCHEMAS_RUN_RUN_RANDOM_H

#include "base/bytes.h"
#include "base/err.h"

enum { RUN_SEED_LEN = 32 };

/*
 * The same seed gives the same ids and keys, so that a document that was split once can be split
 * again. A seed is as secret as the keys.
 */
struct run_random {
    const uint8_t *seed; /* RUN_SEED_LEN bytes, borrowed; NULL: OpenSSL's generator */
    uint64_t next;       /* 0 at first */
};

enum { RUN_RANDOM_LEN_MAX = 32 };

/* Fills in the next len bytes, at most RUN_RANDOM_LEN_MAX; false when the generator fails. */
MUST_USE bool run_random_fill(struct run_random *random, uint8_t *out, size_t len,
                              struct err *err);

#endif
