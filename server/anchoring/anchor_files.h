/*
 * What one target has come to, in files of the anchor directory:
 *
 *   TARGET.pending        the newest success, until the log has said it
 *   TARGET.latest         the newest success that the log has said
 *   TARGET-SIZE.anchor    each of them, for auditors
 *   TARGET.diverging      a head of another log that contradicts what it said before
 *
 * A success is in one of the first two from the moment it is known; the log says it by a key of its
 * own (server/anchoring/anchor_entry.h), so that whatever is cut off is done again, once.
 */
#ifndef VOUCH_SERVER_ANCHORING_ANCHOR_FILES_H
#define VOUCH_SERVER_ANCHORING_ANCHOR_FILES_H

#include "schemas/anchor_file.h"

struct anchor_files {
    const char *directory; /* borrowed, like the next */
    const char *target;
};

/* An anchor file in memory. */
struct kept_anchor {
    bool is_there;
    struct buf text;
    struct anchor_file file; /* borrows from text */
};

void kept_anchor_cleanup(struct kept_anchor *kept); /* accepts a zeroed struct */

/* Reads TARGET.pending or TARGET.latest; ERR_CORRUPT when it is no anchor file. */
MUST_USE bool anchor_files_read_pending(const struct anchor_files *files, struct kept_anchor *out,
                                        struct err *err);
MUST_USE bool anchor_files_read_latest(const struct anchor_files *files, struct kept_anchor *out,
                                       struct err *err);

MUST_USE bool anchor_files_put_pending(const struct anchor_files *files, struct bytes text,
                                       struct err *err);
/* The log has said what is pending: TARGET-SIZE.anchor and TARGET.latest are it from now on. */
MUST_USE bool anchor_files_settle(const struct anchor_files *files,
                                  const struct kept_anchor *pending, struct err *err);
/* Appends TARGET-SIZE.anchor. */
MUST_USE bool anchor_files_read(struct buf *out, const char *directory, uint64_t size,
                                struct bytes target, struct err *err);
MUST_USE bool anchor_files_put_diverging(const struct anchor_files *files, struct bytes note,
                                         struct err *err);

#endif
