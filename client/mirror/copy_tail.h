/*
 * The end of a static copy that grows by packages of entries which somebody else brings (C2SP
 * tlog-mirror, add-entries), each proven to be under a signed tree. No log is asked anything: the
 * tiles are made from the entries. What has a file is proven, also beyond the copy's checkpoint.
 */
#ifndef VOUCH_CLIENT_MIRROR_COPY_TAIL_H
#define VOUCH_CLIENT_MIRROR_COPY_TAIL_H

#include "client/fetch/tile_reader.h"
#include "client/mirror/copy_files.h"
#include "schemas/add_entries.h"

struct copy_tail {
    const struct copy_files *files; /* borrowed */
    struct fetcher *fetcher;        /* of the copy itself */
    uint64_t next;                  /* the first entry that has no file */
    uint64_t leaf_tiles; /* full ones that the rows have */
    struct hash rows[TILE_LEVELS][TILE_WIDTH]; /* of the tiles above that are not full yet */
};

/*
 * Finds out how far the copy goes, from the size of its checkpoint on. Zeroed before, closed by the
 * caller in any case. ERR_CORRUPT: tiles are missing that were there.
 */
MUST_USE bool copy_tail_open(struct copy_tail *out, const struct copy_files *files,
                             uint64_t full_size, struct err *err);
void copy_tail_close(struct copy_tail *tail); /* accepts a zeroed struct */

/*
 * Verifies a package against the tree of `head` and keeps what of it is new; begins at next or
 * before. ERR_INVALID: the proof does not show that the tree has these entries. Where the disk
 * fails, the copy stays right.
 */
MUST_USE bool copy_tail_add(struct copy_tail *tail, const struct add_entries_package *package,
                            const struct add_entries_place *place, const struct checkpoint *head,
                            struct err *err);

/*
 * Makes every tile of the tree of `head`, whose entries are all there (head->size <= next), and
 * compares with its root. ERR_CORRUPT: the copy is not of this tree.
 */
MUST_USE bool copy_tail_close_tree(struct copy_tail *tail, const struct checkpoint *head,
                                   struct err *err);

/* Somebody else has filled the copy up to a size. */
MUST_USE bool copy_tail_raise(struct copy_tail *tail, uint64_t full_size, struct err *err);

#endif
