/* Transparent statements: a statement that carries its receipts in COSE header 394 (RFC 9942). */
#ifndef VOUCH_CLIENT_VERIFY_TRANSPARENT_H
#define VOUCH_CLIENT_VERIFY_TRANSPARENT_H

#include "schemas/cose.h"

enum { TRANSPARENT_RECEIPTS_MAX = 16 };

/*
 * The receipts in an unprotected header, borrowed from it. No receipts is no failure: out_count
 * is 0 then. ERR_INVALID when header 394 is not an array of 1..16 byte strings.
 */
MUST_USE bool transparent_receipts(struct bytes out[TRANSPARENT_RECEIPTS_MAX], size_t *out_count,
                                   struct bytes unprotected_header, struct err *err);

/* Appends the statement with exactly these receipts in its unprotected header; count >= 1. */
MUST_USE bool transparent_encode(struct buf *out, struct bytes statement,
                                 const struct bytes *receipts, size_t count, struct err *err);

#endif
