/* The walk over a whole log: every entry from the segments, everything else compared with it. */
#ifndef VOUCH_TOOLS_FSCK_WALK_H
#define VOUCH_TOOLS_FSCK_WALK_H

#include "tools/fsck/database.h"
#include "tools/fsck/mark.h"
#include "tools/fsck/report.h"

struct walk_options {
    const char *segments_directory;
    const char *tiles_directory;
    const uint8_t *checkpoint_key; /* 32 bytes, NULL: signatures are not checked */
    bool all_signatures;           /* of every head, not only of the newest */
    const struct published_mark *mark; /* what was published last */
};

/* Fills report; the card gets what the database says it is. */
void walk_log(struct database *database, const struct walk_options *options, struct card_row *card,
              struct report *report);

#endif
