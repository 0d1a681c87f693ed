/*
 * Cosignatures (C2SP tlog-cosignature): what a witness says of a checkpoint whose consistency it
 * has verified. Ed25519 (0x04) always.
 */
#ifndef VOUCH_SCHEMAS_COSIGNATURE_H
#define VOUCH_SCHEMAS_COSIGNATURE_H

#include "schemas/checkpoint.h"

/* Who cosigns. Immutable; any thread may sign. */
struct cosigner {
    char name[NOTE_NAME_LEN_MAX + 1];
    struct signer *signer; /* Ed25519; borrowed */
    uint32_t key_id;
};

/* ERR_INVALID when the name is no key name or the key no Ed25519 key. */
MUST_USE bool cosigner_init(struct cosigner *out, const char *name, struct signer *signer,
                            struct err *err);

/* Appends its verifier key, with an end of line. */
MUST_USE bool cosigner_append_vkey(struct buf *out, const struct cosigner *cosigner,
                                   struct err *err);

/*
 * Appends a signature line over text, the whole text of a checkpoint. time_s says when, as Unix
 * time, and is not 0.
 */
MUST_USE bool cosignature_append(struct buf *out, const struct cosigner *cosigner, uint64_t time_s,
                                 struct bytes text, struct err *err);

#endif
