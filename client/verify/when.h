/* Times for people, always in UTC. */
#ifndef VOUCH_CLIENT_VERIFY_WHEN_H
#define VOUCH_CLIENT_VERIFY_WHEN_H

#include <stdint.h>

enum { WHEN_LEN = 32 };

/* "2026-11-21T09:14:02Z"; the bare number for times past the year 9999. Returns out. */
const char *when_seconds(char out[WHEN_LEN], uint64_t unix_s);

/* The same with milliseconds. */
const char *when_ms(char out[WHEN_LEN], uint64_t unix_ms);

#endif
