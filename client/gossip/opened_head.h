/* A head that somebody brought: whether a log of a policy signed it, cut to what counts. */
#ifndef VOUCH_CLIENT_GOSSIP_OPENED_HEAD_H
#define VOUCH_CLIENT_GOSSIP_OPENED_HEAD_H

#include "client/verify/policy.h"

struct opened_head {
    struct note note; /* borrows from the message */
    struct checkpoint checkpoint;
};

/* The form alone; text_len_max is for the note without its signatures. */
MUST_USE bool opened_head_parse(struct opened_head *out, struct bytes message,
                                size_t text_len_max);

/* Whether a log of the policy signed it under its origin. */
MUST_USE bool opened_head_is_signed(const struct opened_head *head, const struct policy *policy);

/*
 * Appends the note with the valid signatures by keys of the policy only: the log's, then the
 * witnesses', but those with a key that is not usable here. Strangers cannot make a note longer or, with a broken signature, void.
 */
void opened_head_append(struct buf *out, const struct opened_head *head,
                        const struct policy *policy);

#endif
