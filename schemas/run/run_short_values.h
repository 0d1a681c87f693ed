/* The values that shorthands stand for, one function a kind (run_shorthand.h has the list). */
#ifndef VOUCH_SCHEMAS_RUN_RUN_SHORT_VALUES_H
#define VOUCH_SCHEMAS_RUN_RUN_SHORT_VALUES_H

#include "base/bytes.h"

/* Each appends what text stands for; false, with out as it was, when it is none of these. */
MUST_USE bool run_short_versioned(struct buf *out, struct bytes text); /* id@version */
MUST_USE bool run_short_model(struct buf *out, struct bytes text);     /* provider/name@version */
MUST_USE bool run_short_reference(struct buf *out, struct bytes text); /* issuer/uuid */
MUST_USE bool run_short_port(struct buf *out, struct bytes text);      /* artifact id */
MUST_USE bool run_short_digest(struct buf *out, struct bytes text);    /* sha256:hex */

/*
 * A UUID in its usual spelling. JSON's reader takes its 36 characters for base64url: out gets the 16
 * bytes that were meant for the 27 that came of it.
 */
MUST_USE bool run_short_uuid(struct buf *out, struct bytes misread);

#endif
