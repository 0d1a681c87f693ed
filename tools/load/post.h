/* The load of one and the same request, again and again. */
#ifndef VOUCH_TOOLS_LOAD_POST_H
#define VOUCH_TOOLS_LOAD_POST_H

#include "tools/load/work.h"

/* For the row of work_kind. */
MUST_USE bool post_prepare(struct work *work, struct err *err);
MUST_USE bool post_next(struct work *work, size_t connection, struct buf *request);
MUST_USE bool post_check(struct work *work, size_t connection, const struct reply *reply,
                         struct err *err);

#endif
