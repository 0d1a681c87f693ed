/* A witness as a whole (C2SP tlog-witness): the ledger, the committer and the HTTP threads. */
#ifndef VOUCH_SERVER_ROLE_WITNESS_WITNESS_H
#define VOUCH_SERVER_ROLE_WITNESS_WITNESS_H

#include "schemas/cosignature.h"
#include "server/gossip/gossip.h"
#include "server/cosigning/ledger.h"
#include "server/transport/transport.h"

struct witness_options {
    struct transport_options transport;
    struct ledger_options ledger;    /* everything is borrowed */
    const struct cosigner *cosigner;
    const char *logs_file;           /* as log_list_load */
    const char *evidence_directory;  /* where fork proofs are kept */
    uint64_t log_requests_per_day;   /* of a log whose list says nothing; 0: no limit */
    uint64_t client_requests_per_s;  /* of one address; 0: no limit */
    const struct gossip_options *gossip; /* NULL: it takes no part */
};

struct witness;

/* Serves when it returns true. */
MUST_USE bool witness_start(struct witness **out, const struct witness_options *options,
                            struct err *err);

/* Reads the list of logs again; when that fails the witness goes on with the one it has. */
MUST_USE bool witness_reload(struct witness *witness, const char *logs_file, struct err *err);

/* Answers what was accepted and ends; accepts NULL. */
void witness_stop(struct witness *witness);

#endif
