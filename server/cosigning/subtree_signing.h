/*
 * Signing a part of a tree (C2SP tlog-witness, sign-subtree). It needs no memory: a cosignature of
 * one's own on the checkpoint is what it goes by.
 */
#ifndef VOUCH_SERVER_COSIGNING_SUBTREE_SIGNING_H
#define VOUCH_SERVER_COSIGNING_SUBTREE_SIGNING_H

#include "schemas/cosignature.h"
#include "schemas/problem.h"
#include "server/cosigning/log_list.h"

/* A cosigner, and its keys as others verify them. */
struct subtree_signer {
    const struct cosigner *cosigner; /* borrowed */
    struct note_verifier verifiers[2];
    size_t verifier_count;
};

/* Zeroed before, cleaned up in any case. */
MUST_USE bool subtree_signer_init(struct subtree_signer *out, const struct cosigner *cosigner,
                                  struct err *err);
void subtree_signer_cleanup(struct subtree_signer *signer);

/*
 * Answers a request: appends the signature line over the part that it names of a listed log's tree.
 * Of a cosigner that has an ML-DSA key. Otherwise a problem.
 */
MUST_USE bool subtree_sign(struct buf *out, const struct subtree_signer *signer,
                           const struct log_list *list, struct bytes body,
                           struct problem *problem);

#endif
