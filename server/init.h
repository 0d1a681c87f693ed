/* vouchd init: a new log in a new directory. */
#ifndef VOUCH_SERVER_INIT_H
#define VOUCH_SERVER_INIT_H

#include "base/bytes.h"
#include "base/err.h"
#include "server/store/store.h"

enum { INIT_ISSUERS_MAX = 64 };

struct init_issuer {
    struct bytes name;
    const char *key_file; /* public key, relative to where the command is given */
};

struct init_options {
    const char *directory; /* must not exist */
    const char *origin;
    const char *listen;
    enum log_kind kind;
    struct init_issuer issuers[INIT_ISSUERS_MAX]; /* evidence logs */
    size_t issuer_count;
};

/*
 * Creates directory with keys, empty store, head file and vouchd.json, the latter last: without it
 * the log is not complete. Appends what to do next to out_next_steps.
 */
MUST_USE bool init_run(struct buf *out_next_steps, const struct init_options *options,
                       struct err *err);

#endif
