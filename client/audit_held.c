#include "client/audit_held.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "client/verify/anchor_check.h"

static bool add_note(struct audit_held *out, struct bytes note, const struct trust *trust,
                     struct err *err)
{
    struct head head;

    if (out->count == AUDIT_HELD_MAX)
        return err_set(err, ERR_INVALID, "more than %d heads", AUDIT_HELD_MAX);
    if (!head_open(&head, note, trust->policy, err))
        return false;
    if (!head.is_signed)
        return err_set(err, ERR_INVALID, "it is not signed by a log you trust");
    out->heads[out->count++] = head.checkpoint;
    return true;
}

static bool add_anchor(struct audit_held *out, struct bytes text, const struct trust *trust,
                       struct report *report, struct err *err)
{
    struct anchor_file anchor;
    bool ok;

    if (!anchor_file_parse(&anchor, text, err))
        return false;
    ok = add_note(out, anchor.note, trust, err);
    if (ok)
        anchor_check(report, &anchor, trust->policy, trust->timestamp_ca);
    anchor_file_cleanup(&anchor);
    return ok;
}

bool audit_held_add(struct audit_held *out, const char *path, const struct trust *trust,
                    struct report *report, struct err *err)
{
    struct buf content = {0};
    bool ok = file_read(&content, path, ANCHOR_FILE_LEN_MAX, err);

    if (ok && anchor_file_begins(bytes_of_buf(&content)))
        ok = add_anchor(out, bytes_of_buf(&content), trust, report, err);
    else if (ok)
        ok = add_note(out, bytes_of_buf(&content), trust, err);
    if (!ok && err->code == ERR_NOT_FOUND)
        err->code = ERR_INVALID; /* a wrong name, not an answer of a log */
    buf_cleanup(&content);
    return ok || err_wrap(err, "%s", path);
}

bool audit_held_load(struct audit_held *out, const struct args *args, const struct trust *trust,
                     struct report *report, struct err *err)
{
    const char *anchors = args_value(args, "--anchors");
    size_t count;
    const char *const *paths = args_values(args, "--head", &count);

    for (size_t i = 0; i < count; i++) {
        if (!audit_held_add(out, paths[i], trust, report, err))
            return err_wrap(err, "--head");
    }
    if (anchors == NULL)
        return true;
    out->anchors = mem_alloc(sizeof(*out->anchors));
    return audit_anchors_load(out->anchors, anchors, trust, report, err);
}

enum history audit_held_compare(struct fetcher *fetcher, const struct checkpoint *held,
                                const struct checkpoint *head)
{
    if (held->size == head->size)
        return hash_equal(&held->root, &head->root) ? HISTORY_EXTENDS : HISTORY_OTHER;
    return history_compare(fetcher, held, head, NULL);
}

static void judge(struct report *report, struct fetcher *fetcher, const struct checkpoint *held,
                  const struct checkpoint *head)
{
    enum history history = HISTORY_UNPROVEN;

    if (strcmp(held->origin, head->origin) != 0) {
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the head of %s you hold is of another log", held->origin);
        return;
    }
    if (held->size <= head->size)
        history = audit_held_compare(fetcher, held, head);
    if (history == HISTORY_EXTENDS)
        report_add(report, "history", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the log begins with the head of size %" PRIu64 " you hold", held->size);
    else if (history == HISTORY_OTHER)
        report_add(report, "history", FINDING_FAILED, VERDICT_DIVERGES,
                   "the log does not begin with the head of size %" PRIu64 " you hold",
                   held->size);
    else if (held->size > head->size)
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "you hold a head of size %" PRIu64 ", the log shows one of size %" PRIu64
                   ": it went back, or this is an old copy",
                   held->size, head->size);
    else
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the log's tiles do not show that it begins with the head of size %" PRIu64
                   " you hold",
                   held->size);
}

void audit_held_judge(const struct audit_held *held, struct report *report,
                      struct fetcher *fetcher, const struct checkpoint *head)
{
    for (size_t i = 0; i < held->count; i++)
        judge(report, fetcher, &held->heads[i], head);
    if (held->anchors != NULL)
        audit_anchors_judge(held->anchors, report, fetcher, head);
}

void audit_held_cleanup(struct audit_held *held)
{
    free(held->anchors);
}
