#include "base/snapshot.h"

#include <stddef.h>

#include "base/check.h"

void snapshot_init(struct snapshot *snapshot, void (*free_value)(struct snapshot *snapshot))
{
    atomic_init(&snapshot->references, 1);
    snapshot->free = free_value;
}

void snapshot_release(struct snapshot *snapshot)
{
    if (snapshot != NULL && atomic_fetch_sub(&snapshot->references, 1) == 1)
        snapshot->free(snapshot);
}

void snapshot_cell_init(struct snapshot_cell *cell)
{
    CHECK(pthread_mutex_init(&cell->lock, NULL) == 0);
    cell->current = NULL;
    atomic_init(&cell->version, 0);
}

void snapshot_cell_publish_take(struct snapshot_cell *cell, struct snapshot *snapshot)
{
    struct snapshot *previous;

    pthread_mutex_lock(&cell->lock);
    previous = cell->current;
    cell->current = snapshot;
    atomic_fetch_add(&cell->version, 1);
    pthread_mutex_unlock(&cell->lock);
    snapshot_release(previous);
}

struct snapshot *snapshot_cell_hold(struct snapshot_cell *cell)
{
    struct snapshot *held;

    pthread_mutex_lock(&cell->lock);
    held = cell->current;
    if (held != NULL)
        atomic_fetch_add(&held->references, 1);
    pthread_mutex_unlock(&cell->lock);
    return held;
}

void snapshot_cell_cleanup(struct snapshot_cell *cell)
{
    snapshot_release(cell->current);
    cell->current = NULL;
    pthread_mutex_destroy(&cell->lock);
}

struct snapshot *snapshot_view_refresh(struct snapshot_view *view)
{
    struct snapshot *previous;

    if (view->held != NULL && atomic_load(&view->cell->version) == view->version)
        return view->held;
    previous = view->held;
    pthread_mutex_lock(&view->cell->lock);
    CHECK(view->cell->current != NULL);
    view->held = view->cell->current;
    view->version = atomic_load(&view->cell->version);
    atomic_fetch_add(&view->held->references, 1);
    pthread_mutex_unlock(&view->cell->lock);
    snapshot_release(previous);
    return view->held;
}

void snapshot_view_cleanup(struct snapshot_view *view)
{
    snapshot_release(view->held);
    view->held = NULL;
}
