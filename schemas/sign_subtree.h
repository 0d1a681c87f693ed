/*
 * The body of sign-subtree (C2SP tlog-witness): a part of a tree, the proof that the tree has it,
 * and a checkpoint of the tree that the witness cosigned.
 */
#ifndef VOUCH_SCHEMAS_SIGN_SUBTREE_H
#define VOUCH_SCHEMAS_SIGN_SUBTREE_H

#include "merkle/node.h"
#include "schemas/checkpoint.h"

enum { SIGN_SUBTREE_HASHES_MAX = 63, SIGN_SUBTREE_LEN_MAX = NOTE_LEN_MAX + 4096 };

struct sign_subtree {
    struct entry_range range; /* as it was sent: valid or not */
    struct hash hash;
    struct proof proof;      /* at most SIGN_SUBTREE_HASHES_MAX hashes */
    struct bytes checkpoint; /* the signed note, not looked at; borrowed */
};

void sign_subtree_append(struct buf *out, const struct sign_subtree *request);

MUST_USE bool sign_subtree_parse(struct sign_subtree *out, struct bytes body, struct err *err);

#endif
