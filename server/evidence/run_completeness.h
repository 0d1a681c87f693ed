/*
 * How complete the evidence of a run is: fourteen questions of equal weight. Those about what rules
 * look at are answered by the flags that the log gave, and by what the run's records say.
 */
#ifndef VOUCH_SERVER_EVIDENCE_RUN_COMPLETENESS_H
#define VOUCH_SERVER_EVIDENCE_RUN_COMPLETENESS_H

#include "server/evidence/run_grade.h"

enum { COMPLETENESS_ITEMS = 14 };

enum item_state {
    ITEM_MET,
    ITEM_LACKING,
    ITEM_PENDING,        /* the run is open, or a window may still come */
    ITEM_UNKNOWN,        /* the log alone cannot tell */
    ITEM_NOT_APPLICABLE, /* does not count */
    ITEM_STATE_COUNT,
};

struct completeness {
    enum item_state items[COMPLETENESS_ITEMS];
    uint64_t score_bp; /* met ones of those that are met, lacking or pending */
};

/* What is known already when the questions are asked. */
struct completeness_basis {
    const struct run_flags *flags;
    const struct run_grade *grade;
    uint64_t approval_count;          /* requests in the run */
    uint64_t unreviewed_override_count;
};

MUST_USE bool completeness_find(struct completeness *out, struct run_scope *scope,
                                const struct completeness_basis *basis, struct err *err);

const char *completeness_item_name(size_t item);     /* "start-and-manifest", ... */
const char *item_state_name(enum item_state state);  /* "met", ... */

#endif
