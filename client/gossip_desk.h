/*
 * A client at the desk of a member of a gossip network: it hands in the head it was shown, and
 * holds what it gets back against the log as the log shows itself to the client.
 */
#ifndef VOUCH_CLIENT_GOSSIP_DESK_H
#define VOUCH_CLIENT_GOSSIP_DESK_H

#include "client/fetch/fetch.h"
#include "client/verify/policy.h"

struct gossip_visit {
    const char *url; /* of the member */
    struct fetcher *log;
    const struct policy *policy;
    struct bytes note; /* the signed head that the log showed */
};

/*
 * Hands the head in. A fork proof that comes of it, here or there, is appended to out_fork, and
 * brought to the member when it was found here. False: the member cannot be reached, or did not
 * take the head.
 */
MUST_USE bool gossip_visit(const struct gossip_visit *visit, struct buf *out_fork,
                           struct err *err);

#endif
