/*
 * The checkpoints of one log that entries may be uploaded for (C2SP tlog-mirror): the newest that
 * the mirror has accepted, and some before it, so that a log that grows does not disturb an upload
 * under way. Each extends the one before. Any thread.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_PENDING_HEADS_H
#define VOUCH_SERVER_ROLE_MIRROR_PENDING_HEADS_H

#include <pthread.h>

#include "schemas/checkpoint.h"

enum { PENDING_HEADS_MAX = 16 };

struct pending_head {
    struct checkpoint checkpoint;
    struct buf note; /* with the log's signature */
};

struct pending_heads {
    pthread_mutex_t lock;
    struct pending_head heads[PENDING_HEADS_MAX]; /* used in turn */
    uint64_t count;                               /* that were ever added */
};

void pending_heads_init(struct pending_heads *out);
void pending_heads_cleanup(struct pending_heads *pending);

/* Both are copied; one of a size that is there already is passed over. */
void pending_heads_add(struct pending_heads *pending, const struct checkpoint *checkpoint,
                       struct bytes note);

/* The size of the newest; false: there is none. */
bool pending_heads_newest(struct pending_heads *pending, uint64_t *out_size);

/* The one of this size, its note appended; false: it is not, or no longer, known. */
bool pending_heads_find(struct pending_heads *pending, uint64_t size, struct checkpoint *out,
                        struct buf *out_note);

#endif
