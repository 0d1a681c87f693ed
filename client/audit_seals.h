/* What an audit that came to the end of an evidence log says of its seals, signatures and rules. */
#ifndef VOUCH_CLIENT_AUDIT_SEALS_H
#define VOUCH_CLIENT_AUDIT_SEALS_H

#include "client/verify/audit.h"
#include "client/verify/report.h"

/* Reports under "seals", "signatures" and "admission"; nothing of other logs. */
void audit_seals_judge(struct report *report, const struct audit *audit);

#endif
