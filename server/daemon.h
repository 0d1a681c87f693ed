/* The running log: opens everything the configuration names, serves, and closes in order. */
#ifndef VOUCH_SERVER_DAEMON_H
#define VOUCH_SERVER_DAEMON_H

#include "server/config.h"

/*
 * Serves until SIGTERM or SIGINT; SIGHUP reads the file at config->path again. These signals must
 * be blocked in the calling thread. False when it could not start, or a signal found it unable to
 * go on.
 */
MUST_USE bool daemon_run(const struct config *config, struct err *err);

/* What daemon_run would refuse before it opens the store: address, keys, providers. */
MUST_USE bool daemon_check(const struct config *config, struct err *err);

#endif
