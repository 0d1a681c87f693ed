/*
 * The load of signed statements. Each connection has a stream of its own and sends its statements
 * in order: what finds the log busy is sent again, and after a refusal nothing more is.
 */
#ifndef VOUCH_TOOLS_LOAD_STATEMENTS_H
#define VOUCH_TOOLS_LOAD_STATEMENTS_H

#include "tools/load/work.h"

/* For rows of work_kind; what each does is said there. */
MUST_USE bool statements_prepare(struct work *work, struct err *err);
MUST_USE bool statements_next_entry(struct work *work, size_t connection, struct buf *request);
MUST_USE bool statements_next_batch(struct work *work, size_t connection, struct buf *request);
MUST_USE bool statements_check_entry(struct work *work, size_t connection,
                                     const struct reply *reply, struct err *err);
MUST_USE bool statements_check_batch(struct work *work, size_t connection,
                                     const struct reply *reply, struct err *err);

#endif
