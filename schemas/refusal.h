/* What the log signs for a submitter it refuses (log.cddl, refusal): anybody can replay it. */
#ifndef VOUCH_SCHEMAS_REFUSAL_H
#define VOUCH_SCHEMAS_REFUSAL_H

#include "base/bytes.h"
#include "base/err.h"
#include "merkle/hash.h"

struct refusal {
    struct hash statement_id; /* identity of the statement */
    struct bytes rule;        /* "AP13"; borrowed, like code */
    struct bytes code;        /* "self-approval" */
    uint64_t size;            /* of the tree whose entries decided it */
    uint64_t received_at_ms;
};

/* Appends the record. */
void refusal_encode(struct buf *out, const struct refusal *refusal);
MUST_USE bool refusal_decode(struct refusal *out, struct bytes record, struct err *err);

#endif
