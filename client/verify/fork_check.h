/* What a fork proof shows to who trusts a policy: whether the log is convicted. */
#ifndef VOUCH_CLIENT_VERIFY_FORK_CHECK_H
#define VOUCH_CLIENT_VERIFY_FORK_CHECK_H

#include "client/verify/policy.h"
#include "client/verify/report.h"

/*
 * Reports on a fork proof: form, signatures of both heads, the contradiction under the rule
 * "fork", and who says to have seen them. Diverges: a log of the policy signed both heads, and
 * they contradict each other. Invalid: the text does not show that. Without a policy (NULL) it is
 * incomplete at best, as nothing shows that the log signed anything.
 */
void fork_check(struct report *report, struct bytes text, const struct policy *policy);

#endif
