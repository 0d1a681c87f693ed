#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool read_open_file(struct buf *out, int fd, const char *path, size_t len_max,
                           struct err *err)
{
    size_t before = out->len;

    for (;;) {
        ssize_t got;

        /* Memory that is full only: a small secret is then never copied about by realloc. */
        if (out->len == out->capacity)
            buf_reserve(out, 65536);
        got = read(fd, out->data + out->len, out->capacity - out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return true;
        if (got < 0) {
            out->len = before;
            return err_set_errno(err, ERR_IO, errno, "read %s", path);
        }
        out->len += (size_t)got;
        if (out->len - before > len_max) {
            out->len = before;
            return err_set(err, ERR_INVALID, "%s is larger than %zu bytes", path, len_max);
        }
    }
}

static bool check_private(int fd, const char *path, struct err *err)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return err_set_errno(err, ERR_IO, errno, "stat %s", path);
    if ((status.st_mode & 077) != 0)
        return err_set(err, ERR_REFUSED,
                       "%s has mode %03o: others than the owner can use it; run chmod 600 on it",
                       path, (unsigned)status.st_mode & 0777);
    return true;
}

static bool read_path(struct buf *out, const char *path, size_t len_max, bool private,
                      struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "open %s", path);
    ok = (!private || check_private(fd, path, err)) && read_open_file(out, fd, path, len_max, err);
    close(fd);
    return ok;
}

bool file_read(struct buf *out, const char *path, size_t len_max, struct err *err)
{
    return read_path(out, path, len_max, false, err);
}

bool file_read_private(struct buf *out, const char *path, size_t len_max, struct err *err)
{
    return read_path(out, path, len_max, true, err);
}

bool file_write_all(int fd, struct bytes content, struct err *err)
{
    size_t done = 0;

    while (done < content.len) {
        ssize_t written = write(fd, content.data + done, content.len - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(err, ERR_IO, errno, "write");
        done += (size_t)written;
    }
    return true;
}

bool file_pread_all(int fd, uint8_t *out, size_t len, uint64_t offset, struct err *err)
{
    size_t done = 0;

    while (done < len) {
        ssize_t got = pread(fd, out + done, len - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, ERR_IO, errno, "read");
        if (got == 0)
            return err_set(err, ERR_CORRUPT, "file ends early");
        done += (size_t)got;
    }
    return true;
}

bool file_sync_parent(const char *path, struct err *err)
{
    char *parent = mem_copy_text(path);
    char *slash = strrchr(parent, '/');
    bool ok = true;
    int fd;

    if (slash == NULL)
        strcpy(parent, ".");
    else
        slash[slash == parent ? 1 : 0] = 0;
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "sync directory %s", parent);
    if (fd >= 0)
        close(fd);
    free(parent);
    return ok;
}

/* A file of that name that a crash has left is replaced: it may have another mode or owner. */
static bool write_synced(const char *path, struct bytes content, unsigned mode, struct err *err)
{
    bool ok;
    int fd;

    if (unlink(path) != 0 && errno != ENOENT)
        return err_set_errno(err, ERR_IO, errno, "remove %s", path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "create %s", path);
    ok = file_write_all(fd, content, err);
    if (ok && fsync(fd) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "sync");
    close(fd);
    return ok || err_wrap(err, "%s", path);
}

bool file_write_durable(const char *path, struct bytes content, unsigned mode, struct err *err)
{
    char *temporary = mem_format("%s.tmp", path);
    bool ok = write_synced(temporary, content, mode, err);

    if (ok && rename(temporary, path) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "rename to %s", path);
    if (!ok)
        unlink(temporary);
    free(temporary);
    return ok && file_sync_parent(path, err);
}

bool file_create_durable(const char *path, struct bytes content, unsigned mode, struct err *err)
{
    char *temporary = mem_format("%s.tmp", path);
    bool ok = write_synced(temporary, content, mode, err);

    /* link(2) fails on an existing name, where rename(2) would replace it. */
    if (ok && link(temporary, path) != 0)
        ok = err_set_errno(err, errno == EEXIST ? ERR_REFUSED : ERR_IO, errno, "create %s", path);
    unlink(temporary);
    free(temporary);
    return ok && file_sync_parent(path, err);
}

bool file_exists(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0;
}

bool file_space_available(uint64_t *out, const char *path, struct err *err)
{
    struct statvfs status;

    if (statvfs(path, &status) != 0)
        return err_set_errno(err, ERR_IO, errno, "statvfs %s", path);
    *out = (uint64_t)status.f_bavail * status.f_frsize;
    return true;
}
