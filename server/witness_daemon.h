/* The daemon as a witness: opens what its configuration names, serves, and closes in order. */
#ifndef VOUCH_SERVER_WITNESS_DAEMON_H
#define VOUCH_SERVER_WITNESS_DAEMON_H

#include "base/bytes.h"
#include "base/err.h"

/* path: a configuration file or its directory, as for all here. Serves until SIGTERM or SIGINT;
 * SIGHUP reads the file and the list of logs again. As daemon_run otherwise. */
MUST_USE bool witness_daemon_run(const char *path, struct err *err);

/* What witness_daemon_run would refuse before it opens the database; appends the configuration. */
MUST_USE bool witness_daemon_check(struct buf *out, const char *path, struct err *err);

/* As ledger_adopt. */
MUST_USE bool witness_daemon_adopt(const char *path, struct err *err);

#endif
