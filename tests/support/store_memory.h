/*
 * A store in memory. What would be on disk is a memory_disk, which outlives the stores opened on
 * it: closing or losing a store and opening the disk again is what a restarted process does.
 */
#ifndef VOUCH_TESTS_SUPPORT_STORE_MEMORY_H
#define VOUCH_TESTS_SUPPORT_STORE_MEMORY_H

#include "server/store/store.h"

struct memory_disk;

/* A disk with an empty log; head is the first head, size 0. */
struct memory_disk *memory_disk_new(const struct store_identity_card *card,
                                    const struct store_head *head);

/* A disk with the same content, as a backup that was taken now. */
struct memory_disk *memory_disk_copy(const struct memory_disk *disk);

void memory_disk_free(struct memory_disk *disk); /* accepts NULL; its stores are closed */

/*
 * Opens for writing and raises the epoch. Several stores may be open on one disk: those opened
 * earlier are fenced. Never fails.
 */
struct store *store_memory_open(struct memory_disk *disk);

#endif
