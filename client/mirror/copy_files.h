/*
 * The files of a static copy of a log (C2SP tlog-tiles) in a directory. A name appears with its
 * whole content, synced, or not at all, whatever happens meanwhile.
 */
#ifndef VOUCH_CLIENT_MIRROR_COPY_FILES_H
#define VOUCH_CLIENT_MIRROR_COPY_FILES_H

#include <pthread.h>

#include "base/bytes.h"
#include "base/err.h"
#include "schemas/tile_path.h"

/* Any thread; of one copy, as the files of one name are written under one temporary name. */
struct copy_files {
    char *directory;
    int fd; /* of the directory: one process at a time fills it */
    pthread_mutex_t *lock; /* held while a file is written */
};

/* Creates the directory where it is missing. ERR_BUSY: another process fills it. */
MUST_USE bool copy_files_open(struct copy_files *out, const char *directory, struct err *err);
void copy_files_close(struct copy_files *files); /* accepts a zeroed struct */

/* "<directory>/<name>"; the caller frees it. */
char *copy_files_path(const struct copy_files *files, const char *name);

/*
 * Adds a file under a name that may have slashes. The same content there already is success;
 * another one is never overwritten (ERR_REFUSED).
 */
MUST_USE bool copy_files_add(const struct copy_files *files, const char *name,
                             struct bytes content, struct err *err);
MUST_USE bool copy_files_add_tile(const struct copy_files *files, const struct tile_path *path,
                                  struct bytes content, struct err *err);

/* Replaces a file, in one step. */
MUST_USE bool copy_files_replace(const struct copy_files *files, const char *name,
                                 struct bytes content, struct err *err);

/* As file_read; ERR_NOT_FOUND when there is none. */
MUST_USE bool copy_files_read(const struct copy_files *files, const char *name, size_t len_max,
                              struct buf *out, struct err *err);

/* Removes the partial forms of a tile, or bundle, that is there in full (tlog-tiles allows it). */
MUST_USE bool copy_files_drop_partial(const struct copy_files *files, struct tile_id id,
                                      bool is_entries, struct err *err);

#endif
