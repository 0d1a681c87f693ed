#include "server/role/monitor/endpoints.h"

#include "server/transport/health.h"

const struct endpoint monitor_endpoints[] = {
    {METHOD_GET, "/gossip/v1/heads", monitor_gossip_get, 0, 1},
    {METHOD_POST, "/gossip/v1/heads", monitor_gossip_post, EXCHANGE_LEN_MAX, 1},
    {METHOD_GET, "/metrics", monitor_metrics_get, 0, 1},
    {METHOD_GET, "/healthz", health_get, 0, 1},
    {METHOD_GET, "/readyz", monitor_ready_get, 0, 1},
};

const size_t monitor_endpoint_count = sizeof(monitor_endpoints) / sizeof(monitor_endpoints[0]);
