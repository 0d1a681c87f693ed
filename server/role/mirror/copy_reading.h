/* A copy as an endpoint reads it: under the checkpoint that the mirror shows at that time. */
#ifndef VOUCH_SERVER_ROLE_MIRROR_COPY_READING_H
#define VOUCH_SERVER_ROLE_MIRROR_COPY_READING_H

#include "client/fetch/fetch.h"
#include "server/role/mirror/service.h"

struct copy_reading {
    const struct followed_log *log;
    struct fetcher *fetcher;
    struct buf note;
    struct head head; /* read from the note; its signatures are those the mirror verified */
};

/* Opens the copy of the log that a request's first parameter names; out is zeroed before and
 * closed in any case. */
MUST_USE bool copy_reading_open(struct copy_reading *out, const struct request *request,
                                struct problem *problem);
void copy_reading_close(struct copy_reading *copy);

/* A problem where the tree has no entry of this index. */
MUST_USE bool copy_reading_check_index(const struct copy_reading *copy, uint64_t index,
                                       struct problem *problem);

/* Evidence logs have receipt keys, opaque logs and those of others have not. */
bool copy_reading_is_evidence(const struct copy_reading *copy);

#endif
