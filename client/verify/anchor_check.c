#include "client/verify/anchor_check.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "client/verify/head.h"
#include "client/verify/when.h"
#include "merkle/inclusion.h"
#include "schemas/head_export.h"
#include "schemas/timestamp.h"
#include "schemas/tlog_proof.h"

static void check_timestamp(struct report *report, const struct anchor_file *anchor,
                            struct bytes timestamp_ca)
{
    struct timestamp_query query = {0};
    struct timestamp stamp;
    struct err err = {0};
    char when[WHEN_LEN];

    hash_sha256(&query.imprint, anchor->note);
    if (timestamp_ca.len == 0)
        report_add(report, "anchor", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "no CA was given to check the time-stamp of the head of size %" PRIu64 " with",
                   anchor->head.size);
    else if (timestamp_verify(&stamp, bytes_of_buf(&anchor->proof), &query, timestamp_ca, &err))
        report_add(report, "anchor", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the head of size %" PRIu64 " existed before %s by the word of %s",
                   anchor->head.size, when_seconds(when, stamp.before_s + 1), stamp.authority);
    else if (err.code == ERR_REFUSED)
        report_add(report, "anchor", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "no CA that was given vouches for the time-stamp: %s", err.text);
    else
        report_add(report, "anchor", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
}

static bool is_included(const struct tlog_proof *proof, struct bytes entry,
                        const struct checkpoint *head)
{
    struct hash leaf;

    hash_leaf(&leaf, entry);
    return inclusion_check(&leaf, proof->index, head->size, &head->root, &proof->proof);
}

/* The entry is the signed head, or a statement about it, which then goes along. */
static bool holds_head(const struct tlog_proof *proof, const struct anchor_file *anchor,
                       const struct checkpoint *other)
{
    struct buf statement = {0};
    bool holds;

    if (proof->extra.len == 0)
        return is_included(proof, anchor->note, other);
    holds = text_parse_base64(&statement, proof->extra) &&
            head_export_is_entry(bytes_of_buf(&statement), &anchor->head, anchor->note) &&
            is_included(proof, bytes_of_buf(&statement), other);
    buf_cleanup(&statement);
    return holds;
}

static void report_other_log(struct report *report, const struct anchor_file *anchor,
                             const struct head *other)
{
    char when[WHEN_LEN];

    if (other->cosigner_count > 0)
        report_add(report, "anchor", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the head of size %" PRIu64 " existed before %s by the word of %zu witnesses of"
                   " %s, which holds it",
                   anchor->head.size, when_seconds(when, other->oldest_time_s + 1),
                   other->cosigner_count, other->checkpoint.origin);
    else
        report_add(report, "anchor", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the head of size %" PRIu64 " existed before the log %s had %" PRIu64
                   " entries, by its word",
                   anchor->head.size, other->checkpoint.origin, other->checkpoint.size);
}

static void check_other_log(struct report *report, const struct anchor_file *anchor,
                            const struct policy *policy)
{
    struct tlog_proof proof;
    struct err err = {0};
    struct head other;

    if (!tlog_proof_parse(&proof, bytes_of_buf(&anchor->proof), &err) ||
        !head_open(&other, proof.checkpoint, policy, &err))
        report_add(report, "anchor", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
    else if (!holds_head(&proof, anchor, &other.checkpoint))
        report_add(report, "anchor", FINDING_FAILED, VERDICT_INVALID,
                   "the proof of the anchor does not lead from the head of size %" PRIu64
                   " to the other log's",
                   anchor->head.size);
    else if (strcmp(other.checkpoint.origin, anchor->head.origin) == 0)
        report_add(report, "anchor", FINDING_FAILED, VERDICT_INVALID,
                   "%s holds its own head: nobody outside knows of it", anchor->head.origin);
    else if (!other.is_signed)
        report_add(report, "anchor", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the log %s, which holds the head of size %" PRIu64 ", is not in the policy",
                   other.checkpoint.origin, anchor->head.size);
    else
        report_other_log(report, anchor, &other);
}

void anchor_check(struct report *report, const struct anchor_file *anchor,
                  const struct policy *policy, struct bytes timestamp_ca)
{
    if (anchor->kind == ANCHOR_RFC3161)
        check_timestamp(report, anchor, timestamp_ca);
    else if (anchor->kind == ANCHOR_OTHER_LOG)
        check_other_log(report, anchor, policy);
    else
        report_add(report, "anchor", FINDING_TAKEN, VERDICT_VERIFIED,
                   "the log says that a copy of the head of size %" PRIu64 " is at %.*s",
                   anchor->head.size, (int)anchor->location.len,
                   (const char *)anchor->location.data);
}
