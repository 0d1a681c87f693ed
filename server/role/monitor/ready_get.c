/* GET /readyz: a monitor that cannot look has ended, so one that answers looks. */
#include "server/role/monitor/endpoints.h"
#include "server/transport/health.h"

bool monitor_ready_get(struct request *request, struct problem *problem)
{
    (void)problem;
    health_send_ok(request);
    return true;
}
