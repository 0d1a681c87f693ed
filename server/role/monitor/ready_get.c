/* GET /readyz: whether every log is looked at. */
#include "server/role/monitor/endpoints.h"
#include "server/transport/health.h"

bool monitor_ready_get(struct request *request, struct problem *problem)
{
    struct err err = {0};

    if (!watchers_check(request->service->watchers, &err))
        return problem_set(problem, PROBLEM_BUSY,
                           "A log is not watched any more: the messages say why.");
    health_send_ok(request);
    return true;
}
