/* What every role of the daemon does alike: its address, its signals. */
#ifndef VOUCH_SERVER_SERVING_H
#define VOUCH_SERVER_SERVING_H

#include <stdbool.h>

#include "base/err.h"
#include "server/config_table.h"

/* Whether listen is an address, and a loopback one unless is_public. */
MUST_USE bool serving_check_address(const char *listen, bool is_public, struct err *err);

/* Blocks the signals serving_wait waits for; to be called before any thread is started. */
void serving_block_signals(void);

/*
 * Reads the file of a running configuration again, into a zeroed struct that the caller cleans up:
 * the diag level is that of the file from now on, and what cannot change while the daemon runs is
 * named in a warning. False: the file cannot be used, which has been said, and changes nothing.
 */
MUST_USE bool serving_reload(const struct config_table *table, void *out, const void *running);

/* Calls reload for each SIGHUP, until SIGTERM or SIGINT. */
void serving_wait(void (*reload)(void *context), void *context);

#endif
