/*
 * What `vouch audit --head` and --anchors add to an audit: heads the auditor holds, which the log must
 * extend.
 */
#ifndef VOUCH_CLIENT_AUDIT_HELD_H
#define VOUCH_CLIENT_AUDIT_HELD_H

#include "client/audit_anchors.h"
#include "client/reader/audit_explain.h"
#include "client/trust_files.h"

enum { AUDIT_HELD_MAX = 32 };

/* A zeroed struct holds none. */
struct audit_held {
    struct checkpoint heads[AUDIT_HELD_MAX];
    size_t count;
    struct audit_anchors *anchors; /* NULL: none */
};

void audit_held_cleanup(struct audit_held *held);

/*
 * Reads the files of --head: checkpoints, or anchors, whose proofs are reported, and what --anchors
 * names. Each must be signed by a log of the policy.
 */
MUST_USE bool audit_held_load(struct audit_held *out, const struct args *args,
                              const struct trust *trust, struct report *report, struct err *err);

/* One more, from a file that holds a checkpoint. */
MUST_USE bool audit_held_add(struct audit_held *out, const char *path, const struct trust *trust,
                             struct report *report, struct err *err);

/*
 * Reports under "history" whether the log's tiles show that head, which its entries lead to,
 * extends each of them: diverges where they show that it does not.
 */
void audit_held_judge(const struct audit_held *held, struct report *report,
                      struct fetcher *fetcher, const struct checkpoint *head);

/* Of a head that is not larger than the log's. */
enum history audit_held_compare(struct fetcher *fetcher, const struct checkpoint *held,
                                const struct checkpoint *head);

#endif
