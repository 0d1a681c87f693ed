/* GET /healthz: the process runs. */
#ifndef VOUCH_SERVER_TRANSPORT_HEALTH_H
#define VOUCH_SERVER_TRANSPORT_HEALTH_H

#include "server/transport/request.h"

/* An endpoint for any role. */
bool health_get(struct request *request, struct problem *problem);

/* The reply of a role that is asked whether it is well, and is. */
void health_send_ok(struct request *request);

#endif
