#include "client/audit_seals.h"

#include <inttypes.h>

#include "client/verify/replay.h"

static void judge_admission(struct report *report, const struct replay *replay)
{
    const struct replay_counts *counts;

    if (replay == NULL) {
        report_add(report, "admission", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
                   "the rules were not replayed (--replay)");
        return;
    }
    counts = replay_counts(replay);
    report_add(report, "admission", FINDING_RECOMPUTED, VERDICT_VERIFIED,
               "%" PRIu64 " statements with %" PRIu64 " records admitted again, with %" PRIu64
               " flags: all as the seals say",
               counts->statements, counts->records, counts->flags);
}

void audit_seals_judge(struct report *report, const struct audit *audit)
{
    struct err err = {0};

    if (audit->kind != AUDIT_EVIDENCE)
        return;
    if (!audit_check_head(audit, &err))
        report_add(report, "seals", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
    else
        report_add(report, "seals", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "%" PRIu64 " seals: first index, count, root, predecessor and order of time",
                   audit->seal_count);
    report_add(report, "signatures",
               audit->signatures_checked > 0 ? FINDING_RECOMPUTED : FINDING_UNDECIDABLE,
               VERDICT_VERIFIED, "%" PRIu64 " of %" PRIu64 " statements, by the keys given",
               audit->signatures_checked, audit->statement_count);
    judge_admission(report, audit->replay);
}
