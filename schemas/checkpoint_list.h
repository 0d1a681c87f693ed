/*
 * Checkpoints one after the other in one text, an empty line before each but the first. A
 * checkpoint has exactly one empty line, before its signatures, so the text falls apart by itself.
 */
#ifndef VOUCH_SCHEMAS_CHECKPOINT_LIST_H
#define VOUCH_SCHEMAS_CHECKPOINT_LIST_H

#include "base/bytes.h"
#include "base/err.h"

/* Appends a checkpoint to the list that out holds from `begin` on. */
void checkpoint_list_append(struct buf *out, size_t begin, struct bytes note);

/*
 * Takes the first signed note off rest, which is not empty; what it says is not looked at.
 * ERR_INVALID when there is none.
 */
MUST_USE bool checkpoint_list_next(struct bytes *rest, struct bytes *out_note, struct err *err);

#endif
