/* vouchd init --role witness: a new witness in a new directory. */
#ifndef VOUCH_SERVER_WITNESS_INIT_H
#define VOUCH_SERVER_WITNESS_INIT_H

#include "base/bytes.h"
#include "base/err.h"

struct witness_init_options {
    const char *directory; /* must not exist */
    const char *name;      /* key name */
    const char *listen;
    const char *logs_file; /* a list of logs, which is copied; NULL: an empty list */
};

/*
 * Creates directory with key, verifier key, database, mark file, list of logs and vouchd.json, the
 * latter last. Appends what to do next to out_next_steps.
 */
MUST_USE bool witness_init_run(struct buf *out_next_steps,
                               const struct witness_init_options *options, struct err *err);

#endif
