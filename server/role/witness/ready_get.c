/* GET /readyz: checkpoints are cosigned; a witness that cannot has ended. */
#include "server/role/witness/endpoints.h"

#include "server/transport/health.h"

bool witness_ready_get(struct request *request, struct problem *problem)
{
    (void)problem;
    health_send_ok(request);
    return true;
}
