/* What the two proof endpoints have in common. */
#ifndef VOUCH_SERVER_HTTP_PROOFS_H
#define VOUCH_SERVER_HTTP_PROOFS_H

#include "server/http/service.h"
#include "server/transport/reply.h"

/* Refuses a tree size beyond the published one. */
MUST_USE bool proofs_check_size(struct request *request, uint64_t size, struct problem *problem);

/* Sends what was built in the request's scratch buffer. */
void proofs_send_built(struct request *request, enum media media, const char *cache_control);

#endif
