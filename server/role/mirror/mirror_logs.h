/* The logs that a mirror follows, from a policy file (C2SP tlog-policy) in which each has a URL. */
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

/* ERR_INVALID: the file is no policy, or lists a log twice or without a URL. */
MUST_USE bool mirror_logs_parse(struct mirror_logs *out, struct bytes text, struct err *err);
MUST_USE bool mirror_logs_load(struct mirror_logs *out, const char *path, struct err *err);
void mirror_logs_cleanup(struct mirror_logs *logs); /* accepts a zeroed struct */

#endif
