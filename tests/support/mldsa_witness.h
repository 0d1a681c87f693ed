/*
 * A witness with an ML-DSA-44 key beside its Ed25519 key. Where OpenSSL has no such keys it has
 * bytes in place of one, and what it signs with them is no signature.
 */
#ifndef VOUCH_TESTS_SUPPORT_MLDSA_WITNESS_H
#define VOUCH_TESTS_SUPPORT_MLDSA_WITNESS_H

#include "schemas/cosignature.h"

#define MLDSA_WITNESS_NAME "witness.example/pq"

struct mldsa_witness {
    struct signer *signer;
    struct mldsa_signer *mldsa; /* NULL where OpenSSL has none */
    struct cosigner cosigner;
    struct buf vkey; /* of the ML-DSA-44 key; no end of line */
    uint32_t key_id;
};

void mldsa_witness_init(struct mldsa_witness *witness);
void mldsa_witness_cleanup(struct mldsa_witness *witness);

/* Appends its line of type 0x06 over a checkpoint text, and nothing else. */
void mldsa_witness_append(const struct mldsa_witness *witness, struct buf *out, struct bytes text);

#endif
