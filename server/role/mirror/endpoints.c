#include "schemas/add_checkpoint.h"
#include "schemas/sign_subtree.h"
#include "server/role/mirror/service.h"
#include "server/transport/health.h"

const struct endpoint mirror_endpoints[] = {
    {METHOD_POST, "/add-checkpoint", mirror_add_checkpoint_post, ADD_CHECKPOINT_LEN_MAX,
     IN_ALL_MIRRORS},
    {METHOD_POST, "/add-entries", mirror_add_entries_post, ADD_ENTRIES_LEN_MAX, IN_ALL_MIRRORS},
    {METHOD_POST, "/sign-subtree", mirror_sign_subtree_post, SIGN_SUBTREE_LEN_MAX,
     IN_MLDSA_MIRRORS},
    {METHOD_GET, "/{origin}/checkpoint", mirror_checkpoint_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/{origin}/tile/{path...}", mirror_tile_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/{origin}/.well-known/scitt-keys", mirror_keys_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/{origin}/v1/entries/{index}", mirror_entry_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/{origin}/v1/records/{kind}/{value...}", mirror_records_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/{origin}/v1/proof/inclusion/{index}", mirror_proof_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/{origin}/v1/proof/inclusion/{index}/{size}", mirror_inclusion_get, 0,
     IN_ALL_MIRRORS},
    {METHOD_GET, "/{origin}/v1/proof/consistency/{old}/{new}", mirror_consistency_get, 0,
     IN_ALL_MIRRORS},
    {METHOD_GET, "/metrics", mirror_metrics_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/healthz", health_get, 0, IN_ALL_MIRRORS},
    {METHOD_GET, "/readyz", mirror_ready_get, 0, IN_ALL_MIRRORS},
};

const size_t mirror_endpoint_count = sizeof(mirror_endpoints) / sizeof(mirror_endpoints[0]);
