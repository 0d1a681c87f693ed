/* What the log says of a success: a log-metadata "anchor", once for each anchor file. */
#ifndef VOUCH_SERVER_ANCHORING_ANCHOR_ENTRY_H
#define VOUCH_SERVER_ANCHORING_ANCHOR_ENTRY_H

#include "server/anchoring/anchor_files.h"
#include "server/tlog/tlog.h"

struct anchor_entry {
    struct tlog_own own;
    const char *origin; /* of the log; borrowed, like the next */
    const struct kept_anchor *anchor;
};

/* Its make is silent when the log has said it before. */
void anchor_entry_init(struct anchor_entry *out, const char *origin,
                       const struct kept_anchor *anchor);

#endif
