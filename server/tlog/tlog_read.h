/*
 * Reading the log: proofs, tiles, entries and checkpoints at published heads. Stateless over the
 * store, so any thread may call. Sizes and indexes are checked by the caller against a published
 * head; store failures come back as errors.
 */
#ifndef VOUCH_SERVER_TLOG_TLOG_READ_H
#define VOUCH_SERVER_TLOG_TLOG_READ_H

#include "merkle/consistency.h"
#include "merkle/inclusion.h"
#include "server/store/store.h"

/* index < size <= a published size. */
MUST_USE bool tlog_read_inclusion(struct store *store, struct proof *out, uint64_t index,
                                  uint64_t size, struct err *err);

/* old_size <= new_size <= a published size. */
MUST_USE bool tlog_read_consistency(struct store *store, struct proof *out, uint64_t old_size,
                                    uint64_t new_size, struct err *err);

/* The root of the tree of the first size entries, at most a published size. */
MUST_USE bool tlog_read_root(struct store *store, struct hash *out, uint64_t size,
                             struct err *err);

/* Appends the first width hashes of a tile (1..TILE_WIDTH, at most what is published). */
MUST_USE bool tlog_read_tile(struct store *store, struct buf *out, struct tile_id tile,
                             unsigned width, struct err *err);

/*
 * Appends one entry. Its leaf hash is recomputed from the bytes and compared with the tree:
 * ERR_CORRUPT when they differ. out_leaf_hash may be NULL.
 */
MUST_USE bool tlog_read_entry(struct store *store, struct buf *out, struct hash *out_leaf_hash,
                              uint64_t index, struct err *err);

/* Appends the signed note (C2SP tlog-checkpoint) of a head; key_id as note_key_id. */
void tlog_append_checkpoint(struct buf *out, const char *origin, uint32_t key_id,
                            const struct store_head *head);

#endif
