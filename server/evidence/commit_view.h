/*
 * The commit an entry came with: its head and, in evidence logs, its seal with the flags of its
 * records. Remembers the last one, since neighbours ask for the same.
 */
#ifndef VOUCH_SERVER_EVIDENCE_COMMIT_VIEW_H
#define VOUCH_SERVER_EVIDENCE_COMMIT_VIEW_H

#include "schemas/seal.h"
#include "server/store/store.h"

/* A zeroed struct with the store set is ready for use, by one thread. */
struct commit_view {
    struct store *store;
    bool has_seals;         /* this is an evidence log */
    struct store_head head; /* size 0: none read yet */
    struct buf seal_entry;
    struct seal seal; /* borrows from seal_entry */
};

/* Reads the commit of a committed entry. After a failure it holds none. */
MUST_USE bool commit_view_seek(struct commit_view *view, uint64_t index, struct err *err);
void commit_view_cleanup(struct commit_view *view);

/* The flags of one entry of the commit, in the seal's order: by rule, code and record number. */
struct entry_flags {
    struct seal_flags_reader reader;
    uint64_t entry_offset;
};

struct entry_flags commit_view_flags(const struct commit_view *view, uint64_t index);
bool entry_flags_next(struct entry_flags *flags, struct seal_flag *out);

#endif
