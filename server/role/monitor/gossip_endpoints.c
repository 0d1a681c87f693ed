/* GET and POST /gossip/v1/heads: the heads that this monitor and others have seen. */
#include "server/gossip/gossip_http.h"
#include "server/role/monitor/endpoints.h"

bool monitor_gossip_get(struct request *request, struct problem *problem)
{
    return gossip_answer_get(request->service->gossip, request, problem);
}

bool monitor_gossip_post(struct request *request, struct problem *problem)
{
    return gossip_answer_post(request->service->gossip, request, problem);
}
