/* What every role of the daemon does alike: its address, its threads, its signals. */
#ifndef VOUCH_SERVER_SERVING_H
#define VOUCH_SERVER_SERVING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Whether listen is an address, and a loopback one unless is_public. */
MUST_USE bool serving_check_address(const char *listen, bool is_public, struct err *err);

/* How many HTTP threads: one for each core when 0 are configured. */
unsigned serving_thread_count(uint64_t configured);

/* Blocks the signals serving_wait waits for; to be called before any thread is started. */
void serving_block_signals(void);

/* Calls reload for each SIGHUP, until SIGTERM or SIGINT. */
void serving_wait(void (*reload)(void *context), void *context);

#endif
