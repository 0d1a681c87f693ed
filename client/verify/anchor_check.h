/* Anchors (schemas/anchor_file.h) in the hands of a verifier: who outside knew a head, and when. */
#ifndef VOUCH_CLIENT_VERIFY_ANCHOR_CHECK_H
#define VOUCH_CLIENT_VERIFY_ANCHOR_CHECK_H

#include "client/verify/policy.h"
#include "client/verify/report.h"
#include "schemas/anchor_file.h"

/*
 * Reports under the rule "anchor" what the anchor's proof shows of its head, and makes the verdict
 * invalid when the proof does not fit, incomplete when nobody who vouches for it is trusted here:
 * neither the CAs in timestamp_ca (PEM, may be empty) nor the logs in policy (may be NULL). The
 * signatures of the head itself are not looked at.
 */
void anchor_check(struct report *report, const struct anchor_file *anchor,
                  const struct policy *policy, struct bytes timestamp_ca);

#endif
