/* The endpoints of a monitor. */
#ifndef VOUCH_SERVER_ROLE_MONITOR_ENDPOINTS_H
#define VOUCH_SERVER_ROLE_MONITOR_ENDPOINTS_H

#include "server/role/monitor/service.h"
#include "server/transport/route.h"

extern const struct endpoint monitor_endpoints[];
extern const size_t monitor_endpoint_count;

bool monitor_gossip_get(struct request *request, struct problem *problem);
bool monitor_gossip_post(struct request *request, struct problem *problem);
bool monitor_metrics_get(struct request *request, struct problem *problem);
bool monitor_ready_get(struct request *request, struct problem *problem);

#endif
