/*
 * Heads of one log that nobody has yet shown to be of one history with the rest: a bounded set in
 * which no source takes the place of another.
 */
#ifndef VOUCH_CLIENT_GOSSIP_HEAD_SET_H
#define VOUCH_CLIENT_GOSSIP_HEAD_SET_H

#include "base/bytes.h"
#include "merkle/hash.h"

enum {
    HEAD_SET_MAX = 128,
    HEAD_SET_SHARE_MAX = 24,   /* heads of one source: twice what a member passes on, and a base */
    HEAD_SET_SOURCES_MAX = 64, /* sources are numbered below */
    HEAD_SET_STAY_MS = 120000, /* a head makes room for a newer one of its source after that */
};

/* A head as it came. */
struct seen_head {
    uint64_t size;
    struct hash root;
    struct buf note; /* owned */
    size_t source;     /* who brought it first: counts against its share */
    uint64_t sponsors; /* who brought it, a bit for each source */
    uint64_t seen_ms;  /* Unix time */
    bool is_stuck;     /* it was asked what it should be, and nobody could tell */
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
 * Takes a head (then *head is zeroed). When its source has its share, its oldest head makes room,
 * if it has stayed long enough to be passed on. When the set is full, the source with most makes
 * room if it has clearly more: its newest head goes that nobody else has brought, if there is one.
 */
MUST_USE bool head_set_put_take(struct head_set *set, struct seen_head *head);

/*
 * The head came from this source as well. It still counts against the share of the first one, but
 * no longer goes with the rest of its flood.
 */
void seen_head_sponsor(struct seen_head *head, size_t source);

void head_set_remove(struct head_set *set, struct seen_head *head);

#endif
