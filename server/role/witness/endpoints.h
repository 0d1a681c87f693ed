/* The endpoints of a witness (C2SP tlog-witness), each in the file named after it. */
#ifndef VOUCH_SERVER_ROLE_WITNESS_ENDPOINTS_H
#define VOUCH_SERVER_ROLE_WITNESS_ENDPOINTS_H

#include "server/role/witness/service.h"
#include "server/transport/route.h"

/* Kinds of witnesses an endpoint exists in. */
enum { IN_ED25519_WITNESSES = 1, IN_MLDSA_WITNESSES = 2, IN_ALL_WITNESSES = 3 };

extern const struct endpoint witness_endpoints[];
extern const size_t witness_endpoint_count;

bool add_checkpoint_post(struct request *request, struct problem *problem);
bool cosigned_get(struct request *request, struct problem *problem);
bool sign_subtree_post(struct request *request, struct problem *problem);
bool witness_gossip_get(struct request *request, struct problem *problem);
bool witness_gossip_post(struct request *request, struct problem *problem);
bool witness_metrics_get(struct request *request, struct problem *problem);
bool witness_ready_get(struct request *request, struct problem *problem);

#endif
