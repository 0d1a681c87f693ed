/* vouchd init --role mirror: a new mirror in a new directory. */
#ifndef VOUCH_SERVER_MIRROR_INIT_H
#define VOUCH_SERVER_MIRROR_INIT_H

#include "server/init_cosigner.h"

/* Its list of logs is a policy; it has an empty directory for copies, and a ledger with its mark. */
extern const struct init_cosigner_role mirror_init_role;

#endif
