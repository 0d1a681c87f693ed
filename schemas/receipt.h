/*
 * COSE receipts (RFC 9942) for RFC9162_SHA256: a signature over a tree's root, detached, with an
 * inclusion or consistency proof that leads to that root. The signature covers the root alone,
 * so one signature serves every entry of a head.
 */
#ifndef VOUCH_SCHEMAS_RECEIPT_H
#define VOUCH_SCHEMAS_RECEIPT_H

#include "merkle/consistency.h"
#include "merkle/inclusion.h"
#include "schemas/cose.h"
#include "schemas/key.h"

enum { RECEIPT_LEN_MAX = 8192, RECEIPT_PROOFS_MAX = 16 };

/* Appends the protected header of all receipts of a log: alg, kid, vds 1, CWT iss, sub = origin. */
void receipt_append_protected(struct buf *out, const struct signer *signer, const char *origin);

/* The signature over root that all receipts of a head share. */
MUST_USE bool receipt_sign(uint8_t out[SIGNATURE_LEN], struct signer *signer,
                           struct bytes protected_header, const struct hash *root, struct err *err);

/* Appends a receipt; proof may have no hashes only when tree_size is 1. */
void receipt_append_inclusion(struct buf *out, struct bytes protected_header,
                              const uint8_t signature[SIGNATURE_LEN], uint64_t leaf_index,
                              uint64_t tree_size, const struct proof *proof);
void receipt_append_consistency(struct buf *out, struct bytes protected_header,
                                const uint8_t signature[SIGNATURE_LEN], uint64_t old_size,
                                uint64_t new_size, const struct proof *proof);

/*
 * Borrows from the message it was decoded from. A receipt of another issuer may hold several
 * proofs; one of them is laid open here, the first until a verification finds its own.
 */
struct receipt {
    struct cose_sign1 cose; /* payload may be attached: it must then be the root */
    int64_t alg;
    struct bytes kid;    /* empty when absent */
    struct bytes issuer; /* CWT iss, empty when absent */
    bool is_consistency; /* otherwise inclusion */
    struct bytes proofs; /* encoded, one byte string after the other; all are well-formed */
    size_t proof_count;  /* 1..RECEIPT_PROOFS_MAX */
    /* RFC 9942 signs the root alone: other sizes and indexes with a path of the same shape pass. */
    uint64_t leaf_index; /* inclusion */
    uint64_t old_size;   /* consistency */
    uint64_t tree_size;  /* the size whose root is signed */
    struct proof proof;
};

/*
 * Accepts receipts of other issuers too: headers in any order, further ones are ignored, except
 * crit (refused).
 */
MUST_USE bool receipt_decode(struct receipt *out, struct bytes message, struct err *err);

/*
 * Whether key signed a root that contains this leaf hash where one of the receipt's proofs says
 * (RFC 9942, 5.2.1); that proof is then the one laid open. out_root (may be NULL) receives the
 * root. Plain false for every failure.
 */
MUST_USE bool receipt_verify_inclusion(struct receipt *receipt, const struct hash *leaf,
                                       const struct public_key *key, struct hash *out_root);

/* Whether key signed new_root and it extends old_root as one of the receipt's proofs says. */
MUST_USE bool receipt_verify_consistency(struct receipt *receipt, const struct hash *old_root,
                                         const struct hash *new_root, const struct public_key *key);

/* Whether key signed this root; says nothing about what the proofs lead to. */
MUST_USE bool receipt_verify_root(const struct receipt *receipt, const struct hash *root,
                                  const struct public_key *key);

#endif
