#include "server/http/endpoints.h"

#include "schemas/statement.h"
#include "server/store/store.h"
#include "server/transport/health.h"

/* A run document is read in one go, and becomes several times as long. */
enum { BATCH_LEN_MAX = 8 * 1024 * 1024, GATE_LEN_MAX = 16 * 1024, RUN_LEN_MAX = 1024 * 1024 };

/* Those that are asked for most come first. */
const struct endpoint tlog_endpoints[] = {
    {METHOD_POST, "/add", add_post, STORE_ENTRY_LEN_MAX, IN_OPAQUE_LOGS},
    {METHOD_POST, "/entries", statement_post, STATEMENT_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/checkpoint", checkpoint_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/tile/{path...}", tile_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/proof/inclusion/{index}/{size}", inclusion_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/proof/consistency/{old}/{new}", consistency_get, 0, IN_ALL_LOGS},
    {METHOD_POST, "/v1/batch", batch_post, BATCH_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_POST, "/v1/gate", gate_post, GATE_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_POST, "/v1/runs", runs_post, RUN_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/entries/{index}", entry_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/records/{kind}/{value...}", records_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/rules", rules_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/rules/{name}", rule_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/runs/{run}", run_state_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/stream", stream_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/anchors", anchors_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/anchors/{size}/{target}", anchor_file_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/checkpoint/latest", checkpoint_latest_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/entries/{id}", receipt_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/entries/{id}/statement", statement_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/.well-known/scitt-keys", keys_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/.well-known/scitt-keys/{kid}", key_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/metrics", metrics_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/healthz", health_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/readyz", ready_get, 0, IN_ALL_LOGS},
};

const size_t tlog_endpoint_count = sizeof(tlog_endpoints) / sizeof(tlog_endpoints[0]);
