/* The machine's own limits, measured now: what no server on it can beat. */
#ifndef VOUCH_TOOLS_LOAD_CALIBRATE_H
#define VOUCH_TOOLS_LOAD_CALIBRATE_H

#include "base/err.h"

struct calibration {
    double sha256_mb_per_s;         /* of 1 KiB blocks, one core */
    double p256_verify_per_s;       /* one core */
    double ed25519_verify_per_s;    /* one core */
    double p256_verify_busy_per_s;  /* a core, while all others do the same */
    double synced_append_per_s;     /* 1 KiB + fdatasync, one after the other, in directory */
    double synced_append_p99_ms;    /* 99 of 100 of them took no longer */
};

/* Takes about a second and a half. directory: where the log's files would be. */
MUST_USE bool calibrate(struct calibration *out, const char *directory, struct err *err);

#endif
