/*
 * A static copy of a log, filled from the log and from nothing else: every tile and bundle is shown
 * to be covered by the signed head before it gets its name, and the head comes last. Whatever ends
 * the process, what is there is a correct copy of the tree that `checkpoint` signs.
 *
 *   checkpoint               the head that this is a full copy of, as the log served it
 *   checkpoint.pending       the newest head whose files are or were being written
 *   tile/...                 tiles and entry bundles (C2SP tlog-tiles)
 *   .well-known/scitt-keys   the log's receipt keys, on its word
 *   policy                   the policy by which the heads were judged when the copy was begun
 */
#ifndef VOUCH_CLIENT_MIRROR_COPY_H
#define VOUCH_CLIENT_MIRROR_COPY_H

#include "client/mirror/copy_files.h"
#include "client/reader/audit_follow.h"
#include "client/reader/tile_chain.h"
#include "client/verify/head.h"

/* Appends signatures to the note of a head whose tree the copy has in full now. */
typedef bool (*copy_cosign_fn)(void *context, struct buf *note, struct err *err);

struct copy {
    struct copy_files files;
    const struct policy *policy; /* borrowed */
    copy_cosign_fn cosign;       /* set by the caller after copy_open; NULL: nobody cosigns */
    void *cosign_context;
    bool is_begun;               /* it has a head */
    struct head head;            /* the newest it was ever filled from, in full or in part */
    uint64_t full_size;          /* of `checkpoint`; 0: none yet */
    struct fetcher *fetcher;     /* borrowed; of the log, while it is being filled */
    struct head target;          /* what it is being filled to */
    struct buf target_note;
    struct tile_chain chain;
    uint64_t taken; /* entries up to here were added since copy_open */
};

/*
 * Opens or begins the copy in a directory; out is zeroed before and closed by the caller in any
 * case. ERR_BUSY: another process fills it; ERR_CORRUPT: one of its heads is damaged, or not of a
 * log that the policy lists.
 */
MUST_USE bool copy_open(struct copy *out, const char *directory, const struct policy *policy,
                        struct err *err);
void copy_close(struct copy *copy);

/*
 * Begins to fill the copy up to target, a head that the policy's log signed. The caller has
 * compared it with copy->head and found that it extends it; here only the tiles at its edge are
 * checked. ERR_CORRUPT: they do not lead to the signed root.
 */
MUST_USE bool copy_begin(struct copy *copy, struct fetcher *fetcher, const struct head *target,
                         struct bytes note, struct err *err);

/*
 * Adds a bundle, its tile, and the tiles above that are full. ERR_CORRUPT: the head does not cover
 * them; ERR_REFUSED: the copy has other bytes there already.
 */
MUST_USE bool copy_take(struct copy *copy, const struct followed_bundle *bundle, struct err *err);

/* The first entry that may be missing: where to go on with target. */
uint64_t copy_begin_index(const struct copy *copy);

/* All bundles are there: adds what is left of the edge, then the head; removes old partial tiles. */
MUST_USE bool copy_finish(struct copy *copy, struct err *err);

/*
 * Keeps the log's key set. ERR_REFUSED: the log no longer lists a key that it had listed; the copy
 * keeps what it has.
 */
MUST_USE bool copy_put_keys(struct copy *copy, struct bytes key_set, struct err *err);

/* Keeps the policy, where there is none yet. */
MUST_USE bool copy_put_policy(struct copy *copy, struct bytes text, struct err *err);

#endif
