/* The body of a request, plain or compressed (gzip, RFC 1952), a piece at a time. */
#ifndef VOUCH_SERVER_ROLE_MIRROR_UNPACK_H
#define VOUCH_SERVER_ROLE_MIRROR_UNPACK_H

#include "base/bytes.h"
#include "base/err.h"

enum { UNPACK_PIECE_LEN = 65536 };

struct unpack;

/* body is borrowed until it is closed. */
struct unpack *unpack_open(struct bytes body, bool is_gzip);
void unpack_close(struct unpack *unpack); /* accepts NULL */

/*
 * Appends the next piece, at most UNPACK_PIECE_LEN bytes; *out_has is false at the end.
 * ERR_INVALID: this is not gzip, or it was cut off.
 */
MUST_USE bool unpack_next(struct unpack *unpack, struct buf *out, bool *out_has, struct err *err);

#endif
