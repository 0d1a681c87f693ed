/* Whole files: read with a limit, written so that they survive a power cut. */
#ifndef VOUCH_BASE_FILE_H
#define VOUCH_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/*
 * Appends the whole file; out is as it was when that fails. ERR_NOT_FOUND when there is none;
 * ERR_INVALID above len_max bytes.
 */
MUST_USE bool file_read(struct buf *out, const char *path, size_t len_max, struct err *err);

/* As file_read; refuses (ERR_REFUSED) what anyone but the owner can read or write. */
MUST_USE bool file_read_private(struct buf *out, const char *path, size_t len_max,
                                struct err *err);

/*
 * Replaces path as a whole: temporary file, fsync, rename, fsync of the directory. After a crash
 * the old or the new content is there, never a mixture. mode as for open(2).
 */
MUST_USE bool file_write_durable(const char *path, struct bytes content, unsigned mode,
                                 struct err *err);

/* As file_write_durable, and refuses (ERR_REFUSED) when path exists already. */
MUST_USE bool file_create_durable(const char *path, struct bytes content, unsigned mode,
                                  struct err *err);

/* fsync of the directory that holds path, so that a new name survives a power cut. */
MUST_USE bool file_sync_parent(const char *path, struct err *err);

bool file_exists(const char *path);

/* Bytes that an unprivileged process may still write on the file system of path. */
MUST_USE bool file_space_available(uint64_t *out, const char *path, struct err *err);

/* write(2) and pread(2) until len bytes are done. pread_all fails with ERR_CORRUPT at end of file. */
MUST_USE bool file_write_all(int fd, struct bytes content, struct err *err);
MUST_USE bool file_pread_all(int fd, uint8_t *out, size_t len, uint64_t offset, struct err *err);

#endif
