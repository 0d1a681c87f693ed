#include "client/verify/head.h"

#include <inttypes.h>

#include "client/verify/when.h"
#include "merkle/node.h"

bool head_open(struct head *out, struct bytes note_bytes, const struct policy *policy,
               struct err *err)
{
    struct policy_result result;
    struct note note;

    *out = (struct head){0};
    if (!note_parse(&note, note_bytes, err) ||
        !checkpoint_parse_text(&out->checkpoint, note.text, err))
        return err_wrap(err, "checkpoint");
    if (out->checkpoint.size > TREE_SIZE_MAX)
        return err_set(err, ERR_INVALID, "checkpoint: no tree is that large");
    if (policy == NULL)
        return true;
    policy_evaluate(&result, policy, &note, out->checkpoint.origin);
    if (result.is_bad)
        return err_set(err, ERR_INVALID,
                       "checkpoint: a signature by a key the policy lists does not verify");
    out->is_signed = result.log != NULL;
    out->quorum_met = result.log != NULL && result.quorum_met;
    out->cosigner_count = result.cosigner_count;
    out->unverifiable_count = result.unverifiable_count;
    out->oldest_time_s = result.oldest_time_s;
    out->newest_time_s = result.newest_time_s;
    return true;
}

const char *head_unverifiable_text(const struct head *head)
{
    return head->unverifiable_count == 0
               ? ""
               : " (others are by ML-DSA-44 keys, which OpenSSL verifies from version 3.5 on)";
}

enum head_worth head_worth(const struct head *head, const struct policy *policy)
{
    if (policy == NULL || !head->is_signed)
        return HEAD_UNCHECKED;
    return head->quorum_met && !policy->is_bare_key ? HEAD_TRUSTED : HEAD_SIGNED;
}

static void report_witnesses(struct report *report, const struct head *head,
                             const struct policy *policy)
{
    char oldest[WHEN_LEN];
    char newest[WHEN_LEN];

    if (policy->is_bare_key)
        report_add(report, "head-witnesses", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
                   "a bare verifier key says nothing about witnesses: give a policy");
    else if (!policy->has_quorum)
        report_add(report, "head-witnesses", FINDING_TAKEN, VERDICT_VERIFIED,
                   "the policy asks for no witnesses (quorum none)");
    else if (head->quorum_met)
        report_add(report, "head-witnesses", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "%zu cosignatures meet the quorum, %s to %s", head->cosigner_count,
                   when_seconds(oldest, head->oldest_time_s),
                   when_seconds(newest, head->newest_time_s));
    else
        report_add(report, "head-witnesses", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
                   "%zu valid cosignatures do not meet the policy's quorum%s",
                   head->cosigner_count, head_unverifiable_text(head));
}

void head_report(struct report *report, const struct head *head, const struct policy *policy)
{
    const struct checkpoint *checkpoint = &head->checkpoint;

    if (policy == NULL) {
        report_add(report, "head-signature", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
                   "no policy or verifier key to check the head of size %" PRIu64 " with",
                   checkpoint->size);
        return;
    }
    if (!head->is_signed) {
        report_add(report, "head-signature", FINDING_FAILED, VERDICT_INVALID,
                   "no log of the policy signed the head of size %" PRIu64 " of %s",
                   checkpoint->size, checkpoint->origin);
        return;
    }
    report_add(report, "head-signature", FINDING_RECOMPUTED, VERDICT_VERIFIED,
               "%s signed the head of size %" PRIu64, checkpoint->origin, checkpoint->size);
    report_witnesses(report, head, policy);
}
