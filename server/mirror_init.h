/* vouchd init --role mirror: a new mirror in a new directory. */
#ifndef VOUCH_SERVER_MIRROR_INIT_H
#define VOUCH_SERVER_MIRROR_INIT_H

#include "server/witness_init.h"

/*
 * Takes what a witness is made with. Creates directory with key, verifier key, an empty directory
 * for the copies, list of logs and vouchd.json, the latter last. logs_file is a policy in which
 * each log has its URL. Appends what to do next to out_next_steps.
 */
MUST_USE bool mirror_init_run(struct buf *out_next_steps,
                              const struct witness_init_options *options, struct err *err);

#endif
