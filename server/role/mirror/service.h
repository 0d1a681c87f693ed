/* What the endpoints of a mirror share, what each thread has, what a request carries. */
#ifndef VOUCH_SERVER_ROLE_MIRROR_SERVICE_H
#define VOUCH_SERVER_ROLE_MIRROR_SERVICE_H

#include "server/cosigning/subtree_signing.h"
#include "server/role/mirror/filer.h"
#include "server/role/mirror/log_set.h"
#include "server/transport/metrics.h"
#include "server/transport/request.h"
#include "server/transport/route.h"

/*
 * Of one add-entries request. Clients send 32 packages at most (C2SP tlog-mirror), and fewer where
 * this is not enough for them; one package of the largest entries there can be fits.
 */
enum { ADD_ENTRIES_LEN_MAX = 64 * 1024 * 1024 };

struct service {
    /* constant while the threads run */
    struct followed_log_options follow; /* cosigner, ledger and so on */
    struct subtree_signer subtree_signer;
    struct committer *committer;
    struct filer *filer;
    struct transport *transport;
    /* any thread */
    struct snapshot_cell logs; /* struct log_set */
    struct meter complaints;   /* of messages to the operator that others can cause */
};

struct service_thread {
    /* this thread only */
    struct snapshot_view logs;
    /* written by this thread, read by any */
    struct counter bytes_served; /* of files */
};

/* A request that waits: for the committer, or for the filer. */
struct service_request {
    struct request *request;
    struct followed_log *log; /* held; NULL: none */
    struct cosigning cosigning;
    struct checkpoint checkpoint;
    struct buf note; /* of that checkpoint */
    struct filing filing;
};

/* Kinds of mirrors an endpoint exists in. */
enum { IN_ED25519_MIRRORS = 1, IN_MLDSA_MIRRORS = 2, IN_ALL_MIRRORS = 3 };

/* The logs as this thread saw them last: until the next call. */
const struct log_set *service_logs(const struct request *request);

/* The log that a request's first parameter names; NULL with a problem. */
struct followed_log *service_log(const struct request *request, struct problem *problem);

/* Each endpoint, in the file of its name. */
bool mirror_add_checkpoint_post(struct request *request, struct problem *problem);
bool mirror_sign_subtree_post(struct request *request, struct problem *problem);
bool mirror_add_entries_post(struct request *request, struct problem *problem);
bool mirror_checkpoint_get(struct request *request, struct problem *problem);
bool mirror_tile_get(struct request *request, struct problem *problem);
bool mirror_keys_get(struct request *request, struct problem *problem);
bool mirror_entry_get(struct request *request, struct problem *problem);
bool mirror_records_get(struct request *request, struct problem *problem);
bool mirror_inclusion_get(struct request *request, struct problem *problem);
bool mirror_consistency_get(struct request *request, struct problem *problem);
bool mirror_proof_get(struct request *request, struct problem *problem);
bool mirror_metrics_get(struct request *request, struct problem *problem);
bool mirror_ready_get(struct request *request, struct problem *problem);

extern const struct endpoint mirror_endpoints[];
extern const size_t mirror_endpoint_count;

#endif
