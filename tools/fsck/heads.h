/* Every committed head against the entries: size, root, chain, seal and signature. */
#ifndef VOUCH_TOOLS_FSCK_HEADS_H
#define VOUCH_TOOLS_FSCK_HEADS_H

#include "tools/fsck/database.h"
#include "tools/fsck/report.h"
#include "tools/fsck/tiles.h"
#include "tools/fsck/walk.h"

struct heads {
    struct report *report;
    const struct walk_options *options;
    const struct card_row *card;
    struct rows *rows;
    bool have_next;
    struct head_row next;       /* the next head the walk will come to */
    bool have_previous;
    struct head_row previous;
    struct digest root_before;  /* root of the tree before the last entry */
    struct digest last_leaf;
    bool last_is_seal;
    struct seal_fields last_seal;
    bool saw_mark;              /* the head that the mark names has been seen */
    bool have_seal;
    struct digest previous_seal; /* leaf hash of the seal before the last one */
};

void heads_init(struct heads *heads, struct database *database, const struct card_row *card,
                struct report *report, const struct walk_options *options);
void heads_cleanup(struct heads *heads);

/* Called before entry tiles->size is looked at: compares a head of exactly this size. */
void heads_before_entry(struct heads *heads, const struct tiles *tiles);

/* Called for each entry; message is NULL when it is not a statement. */
void heads_entry(struct heads *heads, uint64_t index, const struct digest *leaf,
                 const struct message *message);

/* The newest head must be of the whole log, and no head beyond it. */
void heads_finish(struct heads *heads, uint64_t size);

#endif
