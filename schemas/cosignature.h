/*
 * Cosignatures (C2SP tlog-cosignature): what a witness says of a checkpoint whose consistency it
 * has verified. Ed25519 (0x04) always; ML-DSA-44 (0x06), which also signs subtrees, where OpenSSL
 * has it.
 */
#ifndef VOUCH_SCHEMAS_COSIGNATURE_H
#define VOUCH_SCHEMAS_COSIGNATURE_H

#include "merkle/node.h"
#include "schemas/checkpoint.h"
#include "schemas/mldsa.h"

/* Who cosigns. Immutable; any thread may sign. */
struct cosigner {
    char name[NOTE_NAME_LEN_MAX + 1];
    struct signer *signer; /* Ed25519; borrowed */
    uint32_t key_id;
    struct mldsa_signer *mldsa; /* borrowed; NULL: none */
    uint32_t mldsa_key_id;
};

/* ERR_INVALID when the name is no key name or the key no Ed25519 key. mldsa may be NULL. */
MUST_USE bool cosigner_init(struct cosigner *out, const char *name, struct signer *signer,
                            struct mldsa_signer *mldsa, struct err *err);

/* Appends its verifier key of one type, with an end of line. */
MUST_USE bool cosigner_append_vkey(struct buf *out, const struct cosigner *cosigner, uint8_t type,
                                   struct err *err);

/* Whether a signature has the name and id of one of its keys, valid or not. */
bool cosigner_is_named(const struct cosigner *cosigner, const struct note_signature *signature);

/*
 * Appends signature lines over a checkpoint, whose whole text is text. time_s says when, as Unix
 * time, and is not 0.
 */
MUST_USE bool cosignature_append(struct buf *out, const struct cosigner *cosigner, uint64_t time_s,
                                 const struct checkpoint *checkpoint, struct bytes text,
                                 struct err *err);

/* Appends the signature line over a part of the tree of origin; the cosigner has an ML-DSA key. */
MUST_USE bool cosignature_append_subtree(struct buf *out, const struct cosigner *cosigner,
                                         const char *origin, struct entry_range range,
                                         const struct hash *hash, struct err *err);

/* Whether a timed signature (time, then signature) of type 0x06 is of this checkpoint text. */
MUST_USE bool cosignature_verify_mldsa(const struct note_verifier *verifier,
                                       struct bytes timed_signature, struct bytes text,
                                       uint64_t *out_time_s);

#endif
