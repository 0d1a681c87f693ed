#include "server/role/witness/endpoints.h"

#include "server/transport/health.h"

const struct endpoint witness_endpoints[] = {
    {METHOD_POST, "/add-checkpoint", add_checkpoint_post, ADD_CHECKPOINT_LEN_MAX, 1},
    {METHOD_GET, "/{origin}/checkpoint", cosigned_get, 0, 1},
    {METHOD_GET, "/metrics", witness_metrics_get, 0, 1},
    {METHOD_GET, "/healthz", health_get, 0, 1},
    {METHOD_GET, "/readyz", witness_ready_get, 0, 1},
};

const size_t witness_endpoint_count = sizeof(witness_endpoints) / sizeof(witness_endpoints[0]);
