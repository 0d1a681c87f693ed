#include "client/verify/fork_check.h"

#include <inttypes.h>

#include "client/verify/fork_proof.h"
#include "client/verify/head.h"
#include "client/verify/when.h"

/* Signatures of one head; what witnesses cosigned is told too, since it speaks of them. */
static bool check_head(struct report *report, struct bytes note, const struct policy *policy)
{
    struct err err = {0};
    struct head head;

    if (!head_open(&head, note, policy, &err)) {
        report_add(report, "head-signature", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
        return false;
    }
    head_report(report, &head, policy);
    return policy == NULL || head.is_signed;
}

static void report_contradiction(struct report *report, const struct fork_proof *proof,
                                 enum verdict verdict)
{
    const struct checkpoint *first = &proof->heads[0];
    const struct checkpoint *second = &proof->heads[1];

    if (first->size == second->size)
        report_add(report, "fork", FINDING_RECOMPUTED, verdict,
                   "two heads of size %" PRIu64 " of %s have different roots", first->size,
                   first->origin);
    else
        report_add(report, "fork", FINDING_RECOMPUTED, verdict,
                   "the tree of size %" PRIu64 " of %s does not begin with the tree of size"
                   " %" PRIu64 " in the other head",
                   second->size, first->origin, first->size);
}

static void report_testimonies(struct report *report, const struct fork_proof *proof)
{
    for (size_t i = 0; i < proof->testimony_count; i++) {
        const struct fork_testimony *testimony = &proof->testimonies[i];
        char when[WHEN_LEN];

        report_add(report, "testimony", FINDING_TAKEN, VERDICT_VERIFIED,
                   "%.*s is said to have seen the %s head at %s; nothing here shows it",
                   (int)testimony->observer.len, (const char *)testimony->observer.data,
                   testimony->head == 0 ? "first" : "second",
                   when_seconds(when, testimony->time_s));
    }
}

void fork_check(struct report *report, struct bytes text, const struct policy *policy)
{
    struct fork_proof proof;
    struct err err = {0};
    struct hash prefix;

    if (!fork_proof_parse(&proof, text, &err)) {
        report_add(report, "fork-form", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
        return;
    }
    if (!check_head(report, proof.notes[0], policy) || !check_head(report, proof.notes[1], policy))
        return;
    if (!fork_proof_convicts(&proof, &prefix))
        report_add(report, "fork", FINDING_FAILED, VERDICT_INVALID,
                   "the heads of size %" PRIu64 " and %" PRIu64
                   " are not shown to contradict each other",
                   proof.heads[0].size, proof.heads[1].size);
    else
        report_contradiction(report, &proof,
                             policy == NULL ? VERDICT_INCOMPLETE : VERDICT_DIVERGES);
    report_testimonies(report, &proof);
}
