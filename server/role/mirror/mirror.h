/* A mirror as a whole: the logs it follows, and the threads that fill and serve their copies. */
#ifndef VOUCH_SERVER_ROLE_MIRROR_MIRROR_H
#define VOUCH_SERVER_ROLE_MIRROR_MIRROR_H

#include "schemas/cosignature.h"
#include "server/cosigning/ledger.h"
#include "server/transport/transport.h"

struct mirror_options {
    struct transport_options transport; /* everything is borrowed */
    struct ledger_options ledger;       /* of the checkpoints accepted and cosigned */
    const char *directory;              /* of the copies, each under the SHA-256 of its origin */
    const char *evidence_directory;     /* where fork proofs are kept */
    const char *logs_file;              /* as mirror_logs_load */
    const struct cosigner *cosigner;
    uint64_t interval_ms;
};

struct mirror;

/* Follows and serves when it returns true. */
MUST_USE bool mirror_start(struct mirror **out, const struct mirror_options *options,
                           struct err *err);

/* Reads the list of logs again; when it is none the mirror goes on with the one it has. */
MUST_USE bool mirror_reload(struct mirror *mirror, const char *logs_file, struct err *err);

void mirror_stop(struct mirror *mirror); /* accepts NULL */

#endif
