/*
 * The endpoints of a log: one row each in the table, the handlers each in the file named after it.
 * docs/PROTOCOL.md describes them.
 */
#ifndef VOUCH_SERVER_HTTP_ENDPOINTS_H
#define VOUCH_SERVER_HTTP_ENDPOINTS_H

#include "server/http/service.h"
#include "server/transport/route.h"

/* Kinds of logs an endpoint exists in. */
enum { IN_EVIDENCE_LOGS = 1, IN_OPAQUE_LOGS = 2, IN_ALL_LOGS = 3 };

extern const struct endpoint tlog_endpoints[];
extern const size_t tlog_endpoint_count;

bool anchor_file_get(struct request *request, struct problem *problem);
bool anchors_get(struct request *request, struct problem *problem);
bool add_post(struct request *request, struct problem *problem);
bool batch_post(struct request *request, struct problem *problem);
bool checkpoint_get(struct request *request, struct problem *problem);
bool checkpoint_latest_get(struct request *request, struct problem *problem);
bool consistency_get(struct request *request, struct problem *problem);
bool entry_get(struct request *request, struct problem *problem);
bool gate_post(struct request *request, struct problem *problem);
bool inclusion_get(struct request *request, struct problem *problem);
bool key_get(struct request *request, struct problem *problem);
bool keys_get(struct request *request, struct problem *problem);
bool metrics_get(struct request *request, struct problem *problem);
bool ready_get(struct request *request, struct problem *problem);
bool receipt_get(struct request *request, struct problem *problem);
bool records_get(struct request *request, struct problem *problem);
bool rule_get(struct request *request, struct problem *problem);
bool rules_get(struct request *request, struct problem *problem);
bool run_state_get(struct request *request, struct problem *problem);
bool runs_post(struct request *request, struct problem *problem);
bool statement_get(struct request *request, struct problem *problem);
bool statement_post(struct request *request, struct problem *problem);
bool stream_get(struct request *request, struct problem *problem);
bool tile_get(struct request *request, struct problem *problem);

#endif
