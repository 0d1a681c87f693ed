#include "server/role/witness/endpoints.h"

#include "schemas/sign_subtree.h"
#include "server/transport/health.h"

const struct endpoint witness_endpoints[] = {
    {METHOD_POST, "/add-checkpoint", add_checkpoint_post, ADD_CHECKPOINT_LEN_MAX,
     IN_ALL_WITNESSES},
    {METHOD_POST, "/sign-subtree", sign_subtree_post, SIGN_SUBTREE_LEN_MAX, IN_MLDSA_WITNESSES},
    {METHOD_GET, "/{origin}/checkpoint", cosigned_get, 0, IN_ALL_WITNESSES},
    {METHOD_GET, "/gossip/v1/heads", witness_gossip_get, 0, IN_ALL_WITNESSES},
    {METHOD_POST, "/gossip/v1/heads", witness_gossip_post, EXCHANGE_LEN_MAX, IN_ALL_WITNESSES},
    {METHOD_GET, "/metrics", witness_metrics_get, 0, IN_ALL_WITNESSES},
    {METHOD_GET, "/healthz", health_get, 0, IN_ALL_WITNESSES},
    {METHOD_GET, "/readyz", witness_ready_get, 0, IN_ALL_WITNESSES},
};

const size_t witness_endpoint_count = sizeof(witness_endpoints) / sizeof(witness_endpoints[0]);
