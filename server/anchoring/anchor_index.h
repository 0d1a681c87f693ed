/*
 * Which anchor files there are: TARGET-SIZE.anchor (anchor_files.h) of every target that the
 * directory has files of, configured or not. Any thread.
 */
#ifndef VOUCH_SERVER_ANCHORING_ANCHOR_INDEX_H
#define VOUCH_SERVER_ANCHORING_ANCHOR_INDEX_H

#include <pthread.h>

#include "base/bytes.h"
#include "base/err.h"

enum { ANCHOR_INDEX_TARGETS_MAX = 64 };

/* One of them. */
struct anchor_name {
    uint64_t size;
    const char *target; /* as long as the index */
};

struct anchor_index {
    pthread_mutex_t lock;
    /* under lock */
    char *targets[ANCHOR_INDEX_TARGETS_MAX]; /* owned */
    size_t target_count;
    struct anchor_name *names; /* by rising sizes, then by target */
    size_t count;
    size_t capacity;
};

void anchor_index_init(struct anchor_index *index);
void anchor_index_cleanup(struct anchor_index *index);

/* A place for this target, however many others the directory has files of. */
void anchor_index_know(struct anchor_index *index, struct bytes target);

/* Reads the names in the directory, once; one that is not there has none. Other files are ignored. */
MUST_USE bool anchor_index_load(struct anchor_index *index, const char *directory,
                                struct err *err);

/* This file is there from now on; once is enough. */
void anchor_index_add(struct anchor_index *index, uint64_t size, struct bytes target);

bool anchor_index_has(struct anchor_index *index, uint64_t size, struct bytes target);

/*
 * The first names of sizes from begin on: `most` (at least 1), and all further ones of the last
 * size, so out has room for most + ANCHOR_INDEX_TARGETS_MAX. *out_next: the size that the next ones
 * begin with; UINT64_MAX: there are none.
 */
size_t anchor_index_list(struct anchor_index *index, uint64_t begin, size_t most,
                         struct anchor_name *out, uint64_t *out_next);

#endif
