/* The next sequence number of an issuer's stream, as far as a receipts directory tells. */
#ifndef VOUCH_CLIENT_DECISION_SEQUENCE_H
#define VOUCH_CLIENT_DECISION_SEQUENCE_H

#include "base/bytes.h"
#include "base/err.h"

struct sequence {
    struct bytes issuer;
    struct bytes tenant;
    const char *stream; /* NULL: the issuer's only stream */
};

/*
 * One more than the highest number among the accepted statements in the directory; 0 when there are
 * none. Others may have used the numbers that follow: the log says so when it refuses one.
 */
MUST_USE bool sequence_next(uint64_t *out, const struct sequence *sequence, const char *directory,
                            struct err *err);

#endif
