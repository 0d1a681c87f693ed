/*
 * Offline verification: from the pieces an auditor was handed, and the keys it trusts, to one
 * verdict. No network, no clock, no files: everything is decided by the bytes given.
 */
#ifndef VOUCH_CLIENT_VERIFY_VERIFY_H
#define VOUCH_CLIENT_VERIFY_VERIFY_H

#include "client/verify/evidence.h"
#include "client/verify/policy.h"
#include "client/verify/report.h"
#include "schemas/key_set.h"

/* Whom the verifier believes; each may be NULL, or empty: nobody. */
struct trust {
    const struct policy *policy;       /* whose heads, cosigned by whom */
    const struct key_set *log_keys;    /* receipt keys of the log, and keys of its own statements */
    const struct key_set *issuer_keys; /* who signs statements */
    struct bytes timestamp_ca;         /* CAs of time-stamp authorities, PEM; empty: none */
};

/*
 * Verifies everything in evidence against everything else in it and against trust, and reports
 * every rule: recomputed, taken from somebody, not decidable from these pieces, or failed. The
 * verdict is that of the entry when there is one, else that of the checkpoints.
 */
void verify_evidence(struct report *out, const struct evidence *evidence,
                     const struct trust *trust);

#endif
