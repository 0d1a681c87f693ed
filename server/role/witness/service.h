/* What the endpoints of a witness share, what each thread counts, what a request carries. */
#ifndef VOUCH_SERVER_ROLE_WITNESS_SERVICE_H
#define VOUCH_SERVER_ROLE_WITNESS_SERVICE_H

#include "base/clock.h"
#include "base/snapshot.h"
#include "schemas/cosignature.h"
#include "server/gossip/gossip.h"
#include "server/cosigning/committer.h"
#include "server/cosigning/examine.h"
#include "server/cosigning/subtree_signing.h"
#include "server/transport/request.h"

enum { CLIENT_METERS = 4096 };

struct service {
    /* constant while the threads run */
    const struct cosigner *cosigner;
    const char *evidence_directory;
    struct subtree_signer subtree_signer;
    struct clock *clock;
    struct ledger *ledger;
    struct committer *committer;
    struct gossip *gossip; /* NULL: none */
    struct transport *transport;
    struct meter_rate client_rate;    /* of requests by one address */
    uint64_t log_requests_per_day;    /* where the list says nothing; 0: no limit */
    uint64_t client_secret;           /* makes it hard to share a meter with somebody else */
    /* any thread */
    struct snapshot_cell logs; /* struct log_list */
    struct meter client_meters[CLIENT_METERS];
    struct meter complaints; /* of messages to the operator that others can cause */
    struct meter floods;     /* of those about who asks too often */
};

struct witness_counters {
    struct counter findings[FINDINGS];
    struct counter limited; /* refused by a rate limit */
    struct counter failed;  /* could not be signed or looked up */
};

struct service_thread {
    /* this thread only */
    struct snapshot_view logs;
    /* written by this thread, read by any */
    struct witness_counters counters;
};

/* An add-checkpoint request until it is answered. */
struct service_request {
    struct cosigning cosigning; /* first */
    struct request *request;
    struct buf note;       /* the checkpoint as it will be kept */
    size_t signatures_len; /* of our lines at its end, which are the answer */
};

#endif
