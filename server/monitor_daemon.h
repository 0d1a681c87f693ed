/* The daemon as a monitor: follows a log, alerts, and shows how things stand. */
#ifndef VOUCH_SERVER_MONITOR_DAEMON_H
#define VOUCH_SERVER_MONITOR_DAEMON_H

#include "base/bytes.h"
#include "base/err.h"

/* path: a configuration file or its directory. Watches until SIGTERM or SIGINT; SIGHUP reads
 * diag_level again. As daemon_run otherwise. */
MUST_USE bool monitor_daemon_run(const char *path, struct err *err);

/* What monitor_daemon_run would refuse before it opens its directory; appends the configuration. */
MUST_USE bool monitor_daemon_check(struct buf *out, const char *path, struct err *err);

#endif
