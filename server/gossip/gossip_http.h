/* The endpoints of gossip, for any role that takes part: it passes its requests on to these. */
#ifndef VOUCH_SERVER_GOSSIP_GOSSIP_HTTP_H
#define VOUCH_SERVER_GOSSIP_GOSSIP_HTTP_H

#include "server/gossip/gossip.h"
#include "server/transport/request.h"

#define GOSSIP_PATH "/gossip/v1/heads"

/* GET: what would be sent to a peer. gossip NULL: not found, as the role takes no part. */
bool gossip_answer_get(struct gossip *gossip, struct request *request, struct problem *problem);

/*
 * POST: takes what the body has, and answers with what would be sent to a peer. A problem when
 * nothing of it was taken: 404, no log of the policy; 403, not signed; 429, too much.
 */
bool gossip_answer_post(struct gossip *gossip, struct request *request, struct problem *problem);

#endif
