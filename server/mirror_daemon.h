/* The role mirror of the daemon. */
#ifndef VOUCH_SERVER_MIRROR_DAEMON_H
#define VOUCH_SERVER_MIRROR_DAEMON_H

#include "base/bytes.h"
#include "base/err.h"

/* Mirrors until a signal ends it. path is the configuration. */
MUST_USE bool mirror_daemon_run(const char *path, struct err *err);

/* What -n does: checks all that can be checked without changing anything, appends what is in effect. */
MUST_USE bool mirror_daemon_check(struct buf *out, const char *path, struct err *err);

/* As ledger_adopt. */
MUST_USE bool mirror_daemon_adopt(const char *path, struct err *err);

#endif
