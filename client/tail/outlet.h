/*
 * Standard output of a command that goes on until somebody ends it: with SIGINT or SIGTERM, or by
 * not reading any more. Both are good ends.
 */
#ifndef VOUCH_CLIENT_TAIL_OUTLET_H
#define VOUCH_CLIENT_TAIL_OUTLET_H

#include <signal.h>

#include "base/bytes.h"
#include "base/err.h"

struct outlet {
    int signal_fd;      /* can be read once a signal has come; -1: closed */
    sigset_t mask_before;
    bool is_ended;
};

/* From now on the two signals end the outlet, not the process. */
MUST_USE bool outlet_open(struct outlet *out, struct err *err);
void outlet_close(struct outlet *outlet);

/* Looks whether somebody has ended it; it stays so. */
bool outlet_is_ended(struct outlet *outlet);

/* Waits for so long, or until it is ended. */
void outlet_wait(struct outlet *outlet, uint64_t ms);

/* Writes everything unless the outlet ends before; false only where writing fails otherwise. */
MUST_USE bool outlet_write(struct outlet *outlet, struct bytes text, struct err *err);

#endif
