/* Tree heads in the hands of a verifier: checkpoints judged by its policy. */
#ifndef VOUCH_CLIENT_VERIFY_HEAD_H
#define VOUCH_CLIENT_VERIFY_HEAD_H

#include "client/verify/policy.h"
#include "client/verify/report.h"

struct head {
    struct checkpoint checkpoint;
    bool is_signed;  /* by a log of the policy */
    bool quorum_met; /* cosigned as the policy asks; false without a policy */
    size_t cosigner_count;
    size_t unverifiable_count; /* cosignatures by witnesses whose key is not usable here */
    uint64_t oldest_time_s; /* of the cosignatures counted; 0 without any */
    uint64_t newest_time_s;
};

/*
 * Reads a checkpoint note and judges it. policy may be NULL: nothing is checked then but its form.
 * ERR_INVALID: not a checkpoint, or it carries a broken signature of a key the policy lists.
 */
MUST_USE bool head_open(struct head *out, struct bytes note, const struct policy *policy,
                        struct err *err);

/*
 * Reports what is known of a head under the rules "head-signature" and "head-witnesses". A head
 * that no log of the policy signed is invalid; else the verdict is left alone: what a head is
 * needed for decides what it must be worth.
 */
void head_report(struct report *report, const struct head *head, const struct policy *policy);

/* How much a head proves. */
enum head_worth {
    HEAD_UNCHECKED, /* no policy, or no log of it signed */
    HEAD_SIGNED,    /* a log of the policy signed; the quorum is not met, or none is known */
    HEAD_TRUSTED,   /* signed, and cosigned as the policy asks */
};

/* To be said where the quorum is not met: why some cosignatures do not count; "" when all could. */
const char *head_unverifiable_text(const struct head *head);

enum head_worth head_worth(const struct head *head, const struct policy *policy);

#endif
