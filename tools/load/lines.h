/*
 * The load of statements that a file lists, in its order: each line is
 * {"issuer": NAME, "records": [RECORD, …]} and becomes one statement. They go out over one
 * connection, --statements of them in a batch.
 */
#ifndef VOUCH_TOOLS_LOAD_LINES_H
#define VOUCH_TOOLS_LOAD_LINES_H

#include "tools/load/work.h"

/* For the row of work_kind; the requests are those of statements.h. */
MUST_USE bool lines_prepare(struct work *work, struct err *err);

#endif
