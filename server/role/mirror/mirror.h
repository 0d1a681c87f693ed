/* A mirror as a whole: the logs it follows and the HTTP threads that serve their copies. */
#ifndef VOUCH_SERVER_ROLE_MIRROR_MIRROR_H
#define VOUCH_SERVER_ROLE_MIRROR_MIRROR_H

#include "schemas/cosignature.h"
#include "server/role/mirror/mirror_logs.h"
#include "server/transport/transport.h"

struct mirror_options {
    struct transport_options transport; /* everything is borrowed */
    const char *directory;              /* of the copies, each under the SHA-256 of its origin */
    const struct mirror_logs *logs;
    const struct cosigner *cosigner;
    uint64_t interval_ms;
};

struct mirror;

/* Follows and serves when it returns true. */
MUST_USE bool mirror_start(struct mirror **out, const struct mirror_options *options,
                           struct err *err);
void mirror_stop(struct mirror *mirror); /* accepts NULL */

#endif
