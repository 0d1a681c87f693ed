/* The head file: what was published last, kept outside the database. */
#ifndef VOUCH_TOOLS_FSCK_MARK_H
#define VOUCH_TOOLS_FSCK_MARK_H

#include "tools/fsck/digest.h"

struct published_mark {
    uint64_t epoch;
    uint64_t size;
    struct digest root;
};

/* The newer intact slot of the file; false when there is no file or no intact slot. */
bool mark_read(struct published_mark *out, const char *path);

#endif
