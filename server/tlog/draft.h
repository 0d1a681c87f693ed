/*
 * The next commit while it is being built: entries in their order, the tree nodes they complete
 * and the keys they will be found by. Memory of a fixed size, used again for every commit.
 */
#ifndef VOUCH_SERVER_TLOG_DRAFT_H
#define VOUCH_SERVER_TLOG_DRAFT_H

#include "merkle/frontier.h"
#include "server/tlog/tlog.h"

enum {
    DRAFT_ENTRIES_MAX = TLOG_BATCH_ENTRIES_MAX + 1, /* and the seal */
    /* A leaf completes itself and, on average, less than one node above it; one call of
     * frontier_append may need room for 64. */
    DRAFT_NODES_MAX = 2 * DRAFT_ENTRIES_MAX + 64,
    DRAFT_KEYS_MAX = 2 * DRAFT_ENTRIES_MAX,
};

struct draft {
    struct frontier base;                    /* of the tree that is being extended */
    struct frontier frontier;                /* with the entries so far */
    struct bytes entries[DRAFT_ENTRIES_MAX]; /* borrowed until the commit is done */
    size_t entry_count;
    struct node nodes[DRAFT_NODES_MAX];
    size_t node_count;
    struct store_key keys[DRAFT_KEYS_MAX];
    size_t key_count;
};

/* Empties the draft; it will extend the tree of base. */
void draft_begin(struct draft *draft, const struct frontier *base);

/*
 * Appends an entry at index draft->frontier.size, found by its leaf hash and, unless sid is NULL
 * (opaque logs), by its statement identity.
 */
void draft_append(struct draft *draft, struct bytes entry, const struct hash *leaf_hash,
                  const struct hash *sid);

/* The commit, without facts, that appends the draft to expected and gives head; borrows from it. */
struct store_commit draft_commit(const struct draft *draft, const struct store_head *expected,
                                 const struct store_head *head);

/*
 * Whether the nodes of the draft prove, as a client would be shown it, that the tree with
 * new_root extends the one with old_root.
 */
MUST_USE bool draft_extends(const struct draft *draft, const struct hash *old_root,
                            const struct hash *new_root);

#endif
