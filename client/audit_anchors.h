/*
 * What `vouch audit --anchors` adds to an audit: the log must extend every head that was anchored.
 * Whom nobody trusts here vouches for nothing, but the head in an anchor is signed all the same.
 */
#ifndef VOUCH_CLIENT_AUDIT_ANCHORS_H
#define VOUCH_CLIENT_AUDIT_ANCHORS_H

#include "client/anchor_source.h"
#include "client/trust_files.h"

struct audit_anchors {
    struct checkpoint heads[ANCHOR_SOURCE_MAX]; /* by rising sizes */
    size_t count;
    uint64_t vouched;   /* anchors whose proof verifies */
    uint64_t undecided; /* whose proof needs trust that was not given */
    uint64_t copies;    /* without a proof */
};

/* Zeroed before. Reads them and reports what their proofs show; the log is not asked yet. */
MUST_USE bool audit_anchors_load(struct audit_anchors *out, const char *url_or_directory,
                                 const struct trust *trust, struct report *report,
                                 struct err *err);

/* As audit_held_judge, all in one finding but those that do not fit. */
void audit_anchors_judge(const struct audit_anchors *anchors, struct report *report,
                         struct fetcher *fetcher, const struct checkpoint *head);

#endif
