/*
 * The logs that a mirror keeps, from a policy file (C2SP tlog-policy). Those with a URL are read
 * from there; entries of all of them may be pushed.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_MIRROR_LOGS_H
#define VOUCH_SERVER_ROLE_MIRROR_MIRROR_LOGS_H

#include "client/verify/policy.h"

/* One log, with the witnesses and the quorum of the file. */
struct mirror_log {
    struct buf text;      /* of its policy */
    struct policy policy; /* with this log alone */
};

struct mirror_logs {
    struct mirror_log *logs;
    size_t count; /* 0..POLICY_LOGS_MAX */
};

void mirror_log_cleanup(struct mirror_log *log); /* accepts a zeroed struct */

/* ERR_INVALID: the file is no policy, or lists a log twice. */
MUST_USE bool mirror_logs_parse(struct mirror_logs *out, struct bytes text, struct err *err);
MUST_USE bool mirror_logs_load(struct mirror_logs *out, const char *path, struct err *err);
void mirror_logs_cleanup(struct mirror_logs *logs); /* accepts a zeroed struct */

#endif
