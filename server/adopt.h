/* Taking a restored store for what the log has published, where witnesses know of nothing newer. */
#ifndef VOUCH_SERVER_ADOPT_H
#define VOUCH_SERVER_ADOPT_H

#include "server/config.h"

enum { ADOPT_PATIENCE_MS = 60000 }; /* for the witnesses */

/*
 * Makes a log writable that opens read-only since its head file speaks of another head, or has none
 * at all: the witness quorum must have cosigned the store's head, and nobody shown a head that
 * speaks against it. Otherwise nothing is changed. ERR_INVALID: the log is not in that state.
 */
MUST_USE bool adopt_store(const struct config *config, struct err *err);

#endif
