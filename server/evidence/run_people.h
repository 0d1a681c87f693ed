/* Who decided in a run: its requests for approval with their votes, and its overrides. */
#ifndef VOUCH_SERVER_EVIDENCE_RUN_PEOPLE_H
#define VOUCH_SERVER_EVIDENCE_RUN_PEOPLE_H

#include "server/evidence/run_scope.h"

/* Encoded rows; a zeroed struct is empty. */
struct run_people {
    struct buf approvals;
    uint64_t approval_count;
    struct buf overrides;
    uint64_t override_count;
    uint64_t unreviewed_override_count;
};

MUST_USE bool run_people_collect(struct run_people *out, struct run_scope *scope, struct err *err);
void run_people_cleanup(struct run_people *people);

#endif
