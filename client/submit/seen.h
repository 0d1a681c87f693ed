/*
 * Records that were signed in earlier runs, by record digest and how often: what a repeated
 * submission leaves out. A record that the input holds twice is submitted twice.
 */
#ifndef VOUCH_CLIENT_SUBMIT_SEEN_H
#define VOUCH_CLIENT_SUBMIT_SEEN_H

#include "merkle/hash.h"

struct outbox_item;

struct seen_record {
    struct hash digest;
    size_t count;             /* occurrences not yet matched; the place is free when is_used is 0 */
    struct outbox_item *item; /* a refused statement that holds it; may be NULL */
    bool is_used;
};

/* Open addressing; a zeroed struct is empty. */
struct seen {
    struct seen_record *places;
    size_t place_count; /* a power of two, or 0 */
    size_t used_count;
};

void seen_add(struct seen *seen, const struct hash *digest, struct outbox_item *item);

/* Matches one occurrence. NULL when there is none left. */
const struct seen_record *seen_take(struct seen *seen, const struct hash *digest);

void seen_cleanup(struct seen *seen);

#endif
