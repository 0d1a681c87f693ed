/* vouchd init: a new log in a new directory. */
#ifndef VOUCH_SERVER_INIT_H
#define VOUCH_SERVER_INIT_H

#include "base/bytes.h"
#include "base/err.h"
#include "server/store/store.h"

struct init_options {
    const char *directory; /* must not exist */
    const char *origin;
    const char *listen;
    enum log_kind kind;
};

/*
 * Creates directory with keys, empty store, head file and vouchd.json, the latter last: without it
 * the log is not complete. Appends what to do next to out_next_steps.
 */
MUST_USE bool init_run(struct buf *out_next_steps, const struct init_options *options,
                       struct err *err);

#endif
