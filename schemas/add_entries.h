/*
 * The body of add-entries (C2SP tlog-mirror) as it comes in: a head that says which entries of
 * which tree, then packages of up to 256 entries, each with the proof that the tree has them.
 */
#ifndef VOUCH_SCHEMAS_ADD_ENTRIES_H
#define VOUCH_SCHEMAS_ADD_ENTRIES_H

#include "merkle/node.h"
#include "merkle/tile.h"
#include "schemas/checkpoint.h"

enum {
    ADD_ENTRIES_HASHES_MAX = 63,
    ADD_ENTRIES_TICKET_LEN_MAX = 1024, /* of those given out; the format allows 65,535 */
    ADD_ENTRIES_HEAD_LEN_MAX = 2 + ORIGIN_LEN_MAX + 8 + 8 + 2 + ADD_ENTRIES_TICKET_LEN_MAX,
    ADD_ENTRIES_PACKAGE_LEN_MAX = TILE_WIDTH * (2 + 65535) + 1 + ADD_ENTRIES_HASHES_MAX * HASH_LEN,
};

struct add_entries_head {
    char origin[ORIGIN_LEN_MAX + 1];
    struct entry_range upload; /* begin <= end <= TREE_SIZE_MAX; end is the size of the tree */
    struct bytes ticket;       /* borrowed */
};

/* The entries of one package: [begin, end) of them, in the subtree that starts at `aligned`. */
struct add_entries_place {
    uint64_t aligned; /* multiple of TILE_WIDTH, at most begin */
    uint64_t begin;
    uint64_t end; /* at most aligned + TILE_WIDTH */
};

struct add_entries_package {
    struct bytes entries; /* in the form of a bundle (tlog-tiles), borrowed */
    struct proof proof;   /* that the tree has the subtree [aligned, end) */
};

enum add_entries_taken {
    ADD_ENTRIES_TAKEN,
    ADD_ENTRIES_CUT,    /* what has come is the beginning of one */
    ADD_ENTRIES_BROKEN, /* nothing that may follow makes it one; err says why */
};

/* Takes the head from the front of rest, which stays as it is otherwise. */
enum add_entries_taken add_entries_take_head(struct add_entries_head *out, struct bytes *rest,
                                             struct err *err);

/* The package that begins with entry `next`, upload.begin <= next < upload.end. */
struct add_entries_place add_entries_place_of(struct entry_range upload, uint64_t next);

/* The same for a package; place says how many entries it has. */
enum add_entries_taken add_entries_take_package(struct add_entries_package *out,
                                                struct bytes *rest,
                                                const struct add_entries_place *place,
                                                struct err *err);

void add_entries_append_head(struct buf *out, const struct add_entries_head *head);
void add_entries_append_package(struct buf *out, const struct add_entries_package *package);

/* The body of a 202 or 409 answer (text/x.tlog.mirror-info), without a ticket. */
void add_entries_append_info(struct buf *out, uint64_t pending_size, uint64_t next_entry);

#endif
