/*
 * The entries that a client uploads to a mirror (C2SP tlog-mirror, add-entries), package after
 * package as they come in. What was kept stays kept however the request ends.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_UPLOAD_H
#define VOUCH_SERVER_ROLE_MIRROR_UPLOAD_H

#include "schemas/add_entries.h"
#include "schemas/problem.h"
#include "server/role/mirror/followed_log.h"

enum { UPLOAD_EXCESS_MAX = 32 * TILE_WIDTH }; /* entries that are here already, in one upload */

/* How a request is answered. */
struct upload_answer {
    int status;             /* 200, 202, 409; 0: with the problem */
    struct buf body;        /* of these three */
    struct problem problem;
};

struct upload {
    struct followed_log *log; /* held by whoever uploads */
    struct entry_range range;
    uint64_t next;                /* of the range: the first entry that did not come yet */
    struct checkpoint checkpoint; /* of range.end */
    struct buf note;              /* that checkpoint as the log signed it */
    bool is_answered;
    struct upload_answer answer;
};

/* Whether the log takes this range now; if not, it is answered. Any thread that may wait. */
void upload_begin(struct upload *out, struct followed_log *log,
                  const struct add_entries_head *head);

/* Takes the packages that have come in full from rest. Answers where one is not right. */
void upload_take(struct upload *upload, struct bytes *rest);

/*
 * The request has come to its end, with rest left over: answers it. Where all entries are here, the
 * checkpoint is cosigned and published first.
 */
void upload_end(struct upload *upload, struct bytes rest);

void upload_cleanup(struct upload *upload); /* accepts a zeroed one */

#endif
