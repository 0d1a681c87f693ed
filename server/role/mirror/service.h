/* What the endpoints of a mirror share. */
#ifndef VOUCH_SERVER_ROLE_MIRROR_SERVICE_H
#define VOUCH_SERVER_ROLE_MIRROR_SERVICE_H

#include "server/role/mirror/followed_log.h"
#include "server/transport/metrics.h"
#include "server/transport/request.h"
#include "server/transport/route.h"

struct service {
    /* constant while the threads run */
    struct transport *transport;
    struct followed_log *logs;
    size_t log_count;
};

struct service_thread {
    /* written by this thread, read by any */
    struct counter bytes_served; /* of files */
};

/* The log that a request's first parameter names; NULL with a problem. */
struct followed_log *service_log(const struct request *request, struct problem *problem);

/* Each endpoint, in the file of its name. */
bool mirror_checkpoint_get(struct request *request, struct problem *problem);
bool mirror_tile_get(struct request *request, struct problem *problem);
bool mirror_keys_get(struct request *request, struct problem *problem);
bool mirror_proof_get(struct request *request, struct problem *problem);
bool mirror_metrics_get(struct request *request, struct problem *problem);
bool mirror_ready_get(struct request *request, struct problem *problem);

extern const struct endpoint mirror_endpoints[];
extern const size_t mirror_endpoint_count;

#endif
