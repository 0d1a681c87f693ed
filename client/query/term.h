/* What entries are asked for by: a kind of thing, and which one ("run" and its UUID). */
#ifndef VOUCH_CLIENT_QUERY_TERM_H
#define VOUCH_CLIENT_QUERY_TERM_H

#include "base/bytes.h"
#include "base/err.h"

enum { TERMS_MAX = 4 }; /* of one question, as the log counts them */

/*
 * Whether a log can be asked for this. ERR_INVALID says how a value of the kind is written, or
 * which kinds there are.
 */
MUST_USE bool term_check(struct bytes kind, struct bytes value, struct err *err);

/* Checks "KIND=VALUE" and appends it as a parameter of a query: "&kind=value", percent-encoded. */
MUST_USE bool term_append_parameter(struct buf *out, const char *text, struct err *err);

#endif
