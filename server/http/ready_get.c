/* GET /readyz: an entry would be taken now; otherwise 503 and why not. */
#include "server/http/endpoints.h"

#include "server/http/writer.h"
#include "server/transport/health.h"

bool ready_get(struct request *request, struct problem *problem)
{
    if (!writer_ready(request->service->writer, problem))
        return false;
    health_send_ok(request);
    return true;
}
