/*
 * Telling a monitor, which may be running, that somebody knows of a finding and wants it to go on:
 * a file in its directory, which it takes up in its next poll.
 */
#ifndef VOUCH_CLIENT_MONITOR_ACKNOWLEDGE_H
#define VOUCH_CLIENT_MONITOR_ACKNOWLEDGE_H

#include "base/bytes.h"
#include "base/err.h"

enum { ACKNOWLEDGE_REASON_LEN_MAX = 256 };

/* number: of the alert that began the finding. ERR_NOT_FOUND: directory is not a monitor's. */
MUST_USE bool acknowledge_ask(const char *directory, uint64_t number, const char *reason,
                              struct err *err);

/* Whether somebody asked so; appends the reason. */
bool acknowledge_is_asked(const char *directory, uint64_t number, struct buf *out_reason);

/* It was taken up, or refused. */
void acknowledge_forget(const char *directory, uint64_t number);

#endif
