/* An entry for people: what a statement says, or how many opaque bytes there are. */
#ifndef VOUCH_CLIENT_ENTRY_VIEW_H
#define VOUCH_CLIENT_ENTRY_VIEW_H

#include "base/bytes.h"
#include "base/err.h"

/*
 * Appends entry id, claims and records, as text or as the members of a JSON object that was begun
 * (object.h). An entry that is no statement is shown by its length, in JSON with its bytes.
 */
MUST_USE bool entry_view_append(struct buf *out, struct bytes entry, bool json, struct err *err);

#endif
