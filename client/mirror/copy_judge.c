#include "client/mirror/copy_judge.h"

#include <inttypes.h>
#include <string.h>

#include "client/reader/audit_explain.h"

bool copy_judge_head(const struct copy *copy, struct fetcher *fetcher, const struct head *head,
                     struct report *report)
{
    const struct checkpoint *had = &copy->head.checkpoint;
    const struct checkpoint *now = &head->checkpoint;
    struct report history = {0};
    const struct finding *found;

    if (!copy->is_begun)
        return true;
    if (strcmp(had->origin, now->origin) != 0) {
        report_add(report, "history", FINDING_FAILED, VERDICT_INVALID,
                   "%s is a copy of %s, this log is %s", copy->files.directory, had->origin,
                   now->origin);
        return false;
    }
    if (now->size < had->size) {
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the log shows a head of size %" PRIu64 ", the copy began one of size %" PRIu64
                   ": it went back, or this is an old copy of it",
                   now->size, had->size);
        return false;
    }
    if (now->size == had->size) {
        if (hash_equal(&now->root, &had->root))
            return true;
        report_add(report, "history", FINDING_FAILED, VERDICT_DIVERGES,
                   "the log signed two roots for size %" PRIu64, now->size);
        return false;
    }
    if (had->size == 0)
        return true;
    audit_explain_history(&history, fetcher, had, now);
    if (history.verdict == VERDICT_VERIFIED)
        return true;
    found = report_find(&history, "history");
    report_add(report, "history", found->source, history.verdict, "%s", found->detail);
    return false;
}
