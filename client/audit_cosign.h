/* What `vouch audit --cosign` adds to an audit: its result as a cosignature on the head. */
#ifndef VOUCH_CLIENT_AUDIT_COSIGN_H
#define VOUCH_CLIENT_AUDIT_COSIGN_H

#include "client/audit_held.h"
#include "schemas/cosignature.h"

/* A zeroed struct cosigns nothing. */
struct audit_cosign {
    struct signer *signer; /* NULL: no --cosign */
    struct cosigner cosigner;
    const char *path; /* of --out */
};

/*
 * Reads --cosign, --cosigner and --out, which go together and with --replay. What lies at --out from
 * an earlier run becomes a held head: a cosigner never signs what does not extend it.
 */
MUST_USE bool audit_cosign_open(struct audit_cosign *out, const struct args *args,
                                struct audit_held *held, const struct trust *trust,
                                struct report *report, struct err *err);
void audit_cosign_close(struct audit_cosign *cosign);

/*
 * The audit found nothing wrong, and its rules were replayed: writes the head with one more
 * signature line, and reports the cosigner's verifier key under "cosignature".
 */
MUST_USE bool audit_cosign_write(const struct audit_cosign *cosign, struct bytes note,
                                 const struct checkpoint *head, struct report *report,
                                 struct err *err);

#endif
