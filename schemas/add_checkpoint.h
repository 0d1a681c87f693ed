/*
 * The body of add-checkpoint (C2SP tlog-witness): a signed checkpoint, and the proof that its tree
 * extends the one of old_size, which the witness cosigned last.
 */
#ifndef VOUCH_SCHEMAS_ADD_CHECKPOINT_H
#define VOUCH_SCHEMAS_ADD_CHECKPOINT_H

#include "merkle/node.h"
#include "schemas/checkpoint.h"

enum {
    ADD_CHECKPOINT_HASHES_MAX = 63,
    ADD_CHECKPOINT_LEN_MAX = NOTE_LEN_MAX + 4096,
};

struct add_checkpoint {
    uint64_t old_size;
    struct proof proof;      /* at most ADD_CHECKPOINT_HASHES_MAX hashes */
    struct bytes checkpoint; /* the signed note, not looked at; borrowed */
};

void add_checkpoint_append(struct buf *out, const struct add_checkpoint *request);

MUST_USE bool add_checkpoint_parse(struct add_checkpoint *out, struct bytes body, struct err *err);

#endif
