/*
 * The load of checkpoints to be cosigned: many logs with one key and one tree, each of which grows
 * by one entry from one request to the next. Connections have logs of their own.
 */
#ifndef VOUCH_TOOLS_LOAD_COSIGN_H
#define VOUCH_TOOLS_LOAD_COSIGN_H

#include "tools/load/work.h"

/* Prints the list of logs that a witness needs, to standard output. */
MUST_USE bool cosign_print_logs(uint64_t log_count, struct err *err);

/* For a row of work_kind; what each does is said there. */
MUST_USE bool cosign_prepare(struct work *work, struct err *err);
void cosign_cleanup(struct work *work);
MUST_USE bool cosign_next(struct work *work, size_t connection, struct buf *request);
MUST_USE bool cosign_check(struct work *work, size_t connection, const struct reply *reply,
                           struct err *err);

#endif
