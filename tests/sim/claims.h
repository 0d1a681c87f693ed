/*
 * What simulated submitters want logged, and what they were told. A claim is one identity; in an
 * evidence log it may come with several signatures, so with several bytes.
 */
#ifndef VOUCH_TESTS_SIM_CLAIMS_H
#define VOUCH_TESTS_SIM_CLAIMS_H

#include "server/tlog/tlog.h"
#include "tests/sim/place.h"
#include "tests/support/rng.h"

enum { CLAIM_VARIANTS_MAX = 3 };

struct claim_variant {
    struct buf entry;
    struct tlog_submission submission; /* as it is handed to the log; borrows entry */
};

struct claim {
    uint64_t number;
    size_t padding_len;
    struct claim_variant variants[CLAIM_VARIANTS_MAX];
    size_t variant_count;
    bool is_acknowledged;
    uint64_t index; /* acknowledged: where it is */
};

struct claims {
    enum log_kind kind;
    struct signer *issuer;
    struct claim **items;
    size_t count;
    size_t acknowledged_count;
};

void claims_cleanup(struct claims *claims);

/* A new one; mostly small, rarely as large as an entry can be. */
struct claim *claims_add(struct claims *claims, struct rng *rng);

/* One of the claim's forms; in an evidence log perhaps one that is signed again for it. */
const struct claim_variant *claim_draw_variant(const struct claims *claims, struct claim *claim,
                                               struct rng *rng);

/* The submitter hears of an index: always the same for the same claim, whoever asks. */
void claim_acknowledge(struct claims *claims, struct claim *claim, uint64_t index,
                       const struct place *place);

/* The variant that has this leaf hash, or NULL. */
const struct claim_variant *claim_find_variant(const struct claim *claim,
                                               const struct hash *leaf_hash);

#endif
