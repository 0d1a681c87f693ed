/* The reply of POST /v1/batch: a CBOR sequence of one result for each statement, in order. */
#ifndef VOUCH_CLIENT_SUBMIT_BATCH_REPLY_H
#define VOUCH_CLIENT_SUBMIT_BATCH_REPLY_H

#include "merkle/hash.h"
#include "schemas/problem.h"

enum batch_outcome {
    BATCH_ADDED,
    BATCH_DUPLICATE, /* it was in the log already */
    BATCH_REFUSED,   /* for good */
    BATCH_LATER,     /* not now: the log is busy */
};

struct batch_result {
    enum batch_outcome outcome;
    uint64_t index; /* added and duplicate */
    struct hash entry_id;
    struct problem problem; /* refused and later */
};

/* Exactly count results. ERR_CORRUPT: the log's answer makes no sense. */
MUST_USE bool batch_reply_parse(struct batch_result *out, size_t count, struct bytes body,
                                struct err *err);

#endif
