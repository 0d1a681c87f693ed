#include "client/audit_anchors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/audit_held.h"
#include "client/verify/anchor_check.h"

/* While they are read. */
struct reading {
    struct audit_anchors *out;
    const struct trust *trust;
    struct report *report;
    struct report one; /* of the anchor at hand */
};

static void keep_head(struct audit_anchors *out, const struct checkpoint *head)
{
    const struct checkpoint *last = out->count > 0 ? &out->heads[out->count - 1] : NULL;

    if (last != NULL && last->size == head->size && hash_equal(&last->root, &head->root))
        return;
    out->heads[out->count++] = *head;
}

/* What its proof shows; only a wrong one is a finding of its own. */
static void judge_proof(struct reading *reading, const struct anchor_file *anchor)
{
    const struct finding *finding;

    memset(&reading->one, 0, sizeof(reading->one));
    anchor_check(&reading->one, anchor, reading->trust->policy, reading->trust->timestamp_ca);
    finding = report_find(&reading->one, "anchor");
    if (finding->source == FINDING_FAILED)
        report_add(reading->report, "anchor", FINDING_FAILED, VERDICT_INVALID,
                   "%.*s, size %" PRIu64 ": %.120s", (int)anchor->target.len,
                   (const char *)anchor->target.data, anchor->head.size, finding->detail);
    else if (finding->source == FINDING_RECOMPUTED)
        reading->out->vouched++;
    else if (finding->source == FINDING_TAKEN)
        reading->out->copies++;
    else
        reading->out->undecided++;
}

static bool take_text(struct reading *reading, struct bytes text, struct err *err)
{
    struct anchor_file anchor;
    struct head head;
    bool ok;

    if (!anchor_file_parse(&anchor, text, err))
        return false;
    ok = head_open(&head, anchor.note, reading->trust->policy, err) &&
         (head.is_signed || err_set(err, ERR_INVALID, "it is not signed by a log you trust"));
    if (ok) {
        keep_head(reading->out, &head.checkpoint);
        judge_proof(reading, &anchor);
    }
    anchor_file_cleanup(&anchor);
    return ok;
}

/* One that cannot be read proves nothing against anybody, but it is missed. */
static bool take_one(struct reading *reading, struct anchor_source *source, size_t number,
                     struct buf *text, struct err *err)
{
    const struct anchor_file_name *name = &source->names[number];
    struct err unread = {0};

    if (!anchor_source_read(source, number, text, &unread) && unread.code == ERR_BUSY) {
        *err = unread;
        return false;
    }
    if (unread.code != ERR_NONE || !take_text(reading, bytes_of_buf(text), &unread))
        report_add(reading->report, "anchor", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "%s, size %" PRIu64 ": %.120s", name->target, name->size, unread.text);
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct checkpoint *one = a;
    const struct checkpoint *other = b;

    return one->size < other->size ? -1 : one->size > other->size;
}

static void report_proofs(const struct audit_anchors *anchors, struct report *report,
                          uint64_t left_out)
{
    report_add(report, "anchor", anchors->vouched > 0 ? FINDING_RECOMPUTED : FINDING_TAKEN,
               VERDICT_VERIFIED,
               "of the anchors read %" PRIu64 " verify by whom you trust, %" PRIu64
               " need trust you did not give, %" PRIu64 " are copies without a proof",
               anchors->vouched, anchors->undecided, anchors->copies);
    if (left_out > 0)
        report_add(report, "anchor", FINDING_TAKEN, VERDICT_VERIFIED,
                   "%" PRIu64 " older anchors were not read", left_out);
}

bool audit_anchors_load(struct audit_anchors *out, const char *url_or_directory,
                        const struct trust *trust, struct report *report, struct err *err)
{
    struct reading *reading = mem_alloc(sizeof(*reading));
    struct anchor_source *source = mem_alloc(sizeof(*source));
    struct buf text = {0};
    bool ok = anchor_source_open(source, url_or_directory, err);

    *reading = (struct reading){.out = out, .trust = trust, .report = report};
    for (size_t i = 0; ok && i < source->count; i++)
        ok = take_one(reading, source, i, &text, err);
    if (ok) {
        qsort(out->heads, out->count, sizeof(out->heads[0]), compare);
        report_proofs(out, report, source->left_out);
    }
    buf_cleanup(&text);
    anchor_source_close(source);
    free(source);
    free(reading);
    return ok || err_wrap(err, "--anchors");
}

/* ---- against the log ---- */

static void report_other(struct report *report, const struct checkpoint *held)
{
    report_add(report, "history", FINDING_FAILED, VERDICT_DIVERGES,
               "the log does not begin with the head of size %" PRIu64 " that it anchored",
               held->size);
}

/* What came of the heads that the log does not contradict. */
struct tally {
    uint64_t extended;
    uint64_t beyond; /* are of larger trees */
    uint64_t beyond_size;
    uint64_t unproven;
    uint64_t others; /* are of other logs */
};

static void report_tally(const struct tally *tally, struct report *report)
{
    if (tally->unproven > 0)
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "of %" PRIu64 " anchored heads the log's tiles do not show that it begins with"
                   " them",
                   tally->unproven);
    if (tally->others > 0)
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "%" PRIu64 " anchored heads are of other logs", tally->others);
    if (tally->extended > 0)
        report_add(report, "history", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the log begins with %" PRIu64 " heads that it anchored", tally->extended);
    if (tally->beyond > 0)
        report_add(report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "%" PRIu64 " anchors are of larger heads, up to size %" PRIu64
                   ": the log went back, or this is an old copy",
                   tally->beyond, tally->beyond_size);
}

/* Heads come by rising sizes. */
static void judge_head(struct tally *tally, struct report *report, struct fetcher *fetcher,
                       const struct checkpoint *held, const struct checkpoint *head)
{
    enum history history;

    if (strcmp(held->origin, head->origin) != 0) {
        tally->others++;
        return;
    }
    if (held->size > head->size) {
        tally->beyond++;
        tally->beyond_size = held->size;
        return;
    }
    history = audit_held_compare(fetcher, held, head);
    if (history == HISTORY_EXTENDS)
        tally->extended++;
    else if (history == HISTORY_OTHER)
        report_other(report, held);
    else
        tally->unproven++;
}

void audit_anchors_judge(const struct audit_anchors *anchors, struct report *report,
                         struct fetcher *fetcher, const struct checkpoint *head)
{
    struct tally tally = {0};

    for (size_t i = 0; i < anchors->count; i++)
        judge_head(&tally, report, fetcher, &anchors->heads[i], head);
    report_tally(&tally, report);
}
