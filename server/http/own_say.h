/* What another thread than the writer has the log say, waited for. */
#ifndef VOUCH_SERVER_HTTP_OWN_SAY_H
#define VOUCH_SERVER_HTTP_OWN_SAY_H

#include "server/tlog/tlog.h"

struct writer;

/*
 * Hands own to the writer and waits until it is committed and published, or nothing was said, which
 * *out_said tells. ERR_BUSY when the log takes nothing now. own->make is called on the writer's
 * thread. Any thread but the writer's; before the writer is stopped.
 */
MUST_USE bool own_say(struct writer *writer, struct tlog_own *own, bool *out_said,
                      struct err *err);

#endif
