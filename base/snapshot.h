/*
 * Immutable values shared by threads: one thread publishes a new value, every other thread holds
 * the newest it has seen. A value is freed when nobody holds it any more.
 */
#ifndef VOUCH_BASE_SNAPSHOT_H
#define VOUCH_BASE_SNAPSHOT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Values put this first in their own struct; snapshot_init gives the caller the one reference. */
struct snapshot {
    _Atomic unsigned references;
    void (*free)(struct snapshot *snapshot);
};

/* Where the newest value lies. version changes with every publication. */
struct snapshot_cell {
    pthread_mutex_t lock;
    struct snapshot *current;
    _Atomic uint64_t version;
};

/* One thread's hold on the newest value it has seen. */
struct snapshot_view {
    struct snapshot_cell *cell;
    struct snapshot *held;
    uint64_t version;
};

void snapshot_init(struct snapshot *snapshot, void (*free_value)(struct snapshot *snapshot));
void snapshot_release(struct snapshot *snapshot); /* accepts NULL */

/* An empty cell: nothing may be viewed before the first publication. */
void snapshot_cell_init(struct snapshot_cell *cell);
/* Takes the caller's reference. Any thread. */
void snapshot_cell_publish_take(struct snapshot_cell *cell, struct snapshot *snapshot);
/* The newest value, which the caller releases; NULL before the first publication. Any thread. */
struct snapshot *snapshot_cell_hold(struct snapshot_cell *cell);
void snapshot_cell_cleanup(struct snapshot_cell *cell);

/* The newest value, valid until the next refresh of this view; one atomic load when unchanged. */
struct snapshot *snapshot_view_refresh(struct snapshot_view *view);
void snapshot_view_cleanup(struct snapshot_view *view);

#endif
