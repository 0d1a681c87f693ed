/*
 * Heads of one log that nobody has yet shown to be of one history with the rest: a bounded set in
 * which no source takes the place of another.
 */
#ifndef VOUCH_CLIENT_GOSSIP_HEAD_SET_H
#define VOUCH_CLIENT_GOSSIP_HEAD_SET_H

#include "base/bytes.h"
#include "merkle/hash.h"

enum {
    HEAD_SET_MAX = 48,
    HEAD_SET_SHARE_MAX = 12, /* heads of one source */
};

/* A head as it came. */
struct seen_head {
    uint64_t size;
    struct hash root;
    struct buf note; /* owned */
    size_t source;
    uint64_t seen_ms;
};

/* A zeroed struct is an empty set. */
struct head_set {
    struct seen_head heads[HEAD_SET_MAX]; /* in the order they came */
    size_t count;
};

void seen_head_cleanup(struct seen_head *head);
void head_set_cleanup(struct head_set *set);

/* NULL when there is no head with this size and root. Borrowed until the set changes. */
struct seen_head *head_set_find(struct head_set *set, uint64_t size, const struct hash *root);

/*
 * Takes a head (then *head is zeroed) unless its source has its share, or the set is full and no
 * other source has clearly more. In a full set the newest head of the source with most goes.
 */
MUST_USE bool head_set_put_take(struct head_set *set, struct seen_head *head);

/*
 * The head came from this source as well. It counts for the one with fewer heads: whoever sends a
 * head first cannot have it go with the rest of a flood.
 */
void head_set_share(struct head_set *set, struct seen_head *head, size_t source);

void head_set_remove(struct head_set *set, struct seen_head *head);

#endif
