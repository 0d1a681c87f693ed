/* Asking witnesses once whether a head is the newest they know, when no log is being served. */
#ifndef VOUCH_SERVER_WITNESSING_CONFIRM_H
#define VOUCH_SERVER_WITNESSING_CONFIRM_H

#include "server/witnessing/witnessing.h"

enum { CONFIRM_SKEW_S = 300 }; /* a cosignature is of now when it is no older than that */

/*
 * True when the witness quorum has cosigned exactly this head now: by C2SP tlog-cosignature none of
 * them has seen a larger one. ERR_REFUSED: a witness holds a head that this log signed and that
 * speaks against the store, which is kept in the directory; ERR_BUSY: no quorum within patience_ms;
 * ERR_INVALID: there is no policy with a quorum.
 */
MUST_USE bool witnessing_confirm(const struct witnessing_options *options,
                                 const struct store_head *head, uint64_t patience_ms,
                                 struct err *err);

#endif
