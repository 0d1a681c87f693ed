/*
 * How good the evidence of a run is: A, where the point that enforces signs, lets nothing pass when
 * the log is away, and asked the gate; B, where the engine signs; C, where the log signed for what
 * an adapter brought; D, where records were brought in later.
 */
#ifndef VOUCH_SERVER_EVIDENCE_RUN_GRADE_H
#define VOUCH_SERVER_EVIDENCE_RUN_GRADE_H

#include "server/evidence/run_flags.h"

struct run_grade {
    char letter;           /* 'A' to 'D'; '?' while no run-start or manifest says who recorded it */
    bool has_window;       /* a window of the issuer covers the run */
    struct buf recorder;   /* of that window */
    struct buf fail_mode;
    bool is_intake;        /* the log's intake signed it */
    uint64_t grant_count;  /* answers of the gate in the run */
};

MUST_USE bool run_grade_find(struct run_grade *out, struct run_scope *scope,
                             const struct run_flags *flags, struct err *err);
void run_grade_cleanup(struct run_grade *grade);

#endif
