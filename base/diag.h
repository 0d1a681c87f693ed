/* Operator messages: one line each, an event word, then key=value pairs. */
#ifndef VOUCH_BASE_DIAG_H
#define VOUCH_BASE_DIAG_H

#include "base/check.h"

enum diag_level { DIAG_ERROR, DIAG_WARN, DIAG_INFO, DIAG_DEBUG };

/* Messages above this level are dropped; the default is DIAG_INFO. May be called at any time. */
void diag_set_level(enum diag_level level);

/*
 * diag_info("committed", "size=%" PRIu64, size) writes to standard error
 *   2026-11-21T09:14:02.113Z info committed size=42
 * Control characters in the formatted text become '?', so one call is always one line. errno is
 * preserved. Lines longer than 1000 bytes are cut.
 */
void diag_error(const char *event, const char *format, ...) PRINTF_LIKE(2, 3);
void diag_warn(const char *event, const char *format, ...) PRINTF_LIKE(2, 3);
void diag_info(const char *event, const char *format, ...) PRINTF_LIKE(2, 3);
void diag_debug(const char *event, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
