/* Pieces of run-manifests, as JSON for rule_world_say. */
#ifndef VOUCH_TESTS_SUPPORT_MANIFEST_JSON_H
#define VOUCH_TESTS_SUPPORT_MANIFEST_JSON_H

#define JSON_DIGEST(digest) "{\"algorithm\": \"sha-256\", \"digest\": \"" digest "\"}"
#define JSON_DIGEST_1 JSON_DIGEST("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE")
#define JSON_DIGEST_2 JSON_DIGEST("AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI")

/* inputs, outputs: JSON_PORT(...), separated by commas; more: ", \"name\": value" or "". */
#define JSON_NODE(id, kind, status, inputs, outputs, more) \
    "{\"node_id\": \"" id "\", \"kind\": \"" kind "\", \"status\": \"" status "\"," \
    " \"started_at_ms\": \"@now\", \"ended_at_ms\": \"@now\", \"inputs\": [" inputs "]," \
    " \"outputs\": [" outputs "]" more "}"
#define JSON_STEP(id, inputs, outputs) JSON_NODE(id, "transform", "ok", inputs, outputs, "")
#define JSON_PORT(artifact) "{\"artifact_id\": \"" artifact "\"}"
#define JSON_NODES(nodes) "\"nodes\": [" nodes "]"

#define JSON_EDGE(from, to) "{\"from_node_id\": \"" from "\", \"to_node_id\": \"" to "\"}"
#define JSON_EDGE_OF(kind, from, to) \
    "{\"from_node_id\": \"" from "\", \"to_node_id\": \"" to "\", \"kind\": \"" kind "\"}"
#define JSON_EDGES(edges) "\"edges\": [" edges "]"

#define JSON_ARTIFACT(id, provenance, more) \
    "{\"artifact_id\": \"" id "\", \"kind\": \"document\"," \
    " \"provenance\": \"" provenance "\"" more "}"
#define JSON_ARTIFACTS(artifacts) "\"artifacts\": [" artifacts "]"

#define JSON_MODEL(name) \
    "{\"provider\": \"p\", \"name\": \"" name "\", \"version\": \"1\"}"
#define JSON_CALL(asked, answered) \
    ", \"model_call\": {\"request_model\": " JSON_MODEL(asked) ", \"response_model\": " \
    JSON_MODEL(answered) ", \"operation_name\": \"embeddings\", \"input\": " JSON_DIGEST_1 \
    ", \"output\": " JSON_DIGEST_1 "}"

#define JSON_DEGRADATION(kind) \
    "\"degradations\": [{\"kind\": \"" kind "\", \"node_id\": \"step\", \"planned\": false," \
    " \"reason\": {\"code\": \"outage\"}}]"

/* SHA-256 of nothing, as in the tally of a run without events or evaluations. */
#define JSON_DIGEST_OF_NOTHING "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
#define JSON_TALLY(events, events_digest, evaluations, evaluations_digest) \
    "\"tally\": {\"event_count\": " events ", \"events_digest\": \"" events_digest "\"," \
    " \"evaluation_count\": " evaluations ", \"evaluations_digest\": \"" evaluations_digest "\"}"

#endif
