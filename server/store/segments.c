#include "server/store/segments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum {
    NAME_LEN_MAX = 32,
    WRITE_LEN = 256 * 1024, /* collected before a write */
};

static const char SUFFIX[] = ".entries";

struct segments {
    int directory_fd;
    uint32_t last;                     /* writer */
    uint64_t last_len;                 /* writer: bytes in the file and in pending */
    uint64_t written_len;              /* writer: bytes in the file */
    bool new_name;                     /* writer: the directory must be synced */
    bool ready;                        /* writer: nothing uncommitted is left behind last_len */
    struct buf pending;                /* writer: appended, not yet written */
    atomic_int fds[SEGMENT_COUNT_MAX]; /* any thread: descriptor + 1, so that 0 is none */
};

static void name_of(char *out, uint32_t number)
{
    snprintf(out, NAME_LEN_MAX, "%06" PRIu32 "%s", number, SUFFIX);
}

/* False unless name is exactly what name_of gives for some number. */
static bool parse_name(uint32_t *out, const char *name)
{
    char canonical[NAME_LEN_MAX];

    if (sscanf(name, "%" SCNu32, out) != 1)
        return false;
    name_of(canonical, *out);
    return strcmp(canonical, name) == 0;
}

static bool sync_file(int fd, struct err *err)
{
    return fdatasync(fd) == 0 || err_set_errno(err, ERR_IO, errno, "sync segment");
}

static bool open_segment(struct segments *segments, uint32_t number, int flags, struct err *err)
{
    char name[NAME_LEN_MAX];
    int fd;

    if (number >= SEGMENT_COUNT_MAX)
        return err_set(err, ERR_IO, "there are %d segments already", SEGMENT_COUNT_MAX);
    name_of(name, number);
    fd = openat(segments->directory_fd, name, flags | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, errno == ENOENT ? ERR_CORRUPT : ERR_IO, errno, "open segment %s",
                             name);
    atomic_store(&segments->fds[number], fd + 1);
    return true;
}

bool segments_create(const char *directory, struct err *err)
{
    struct segments *segments = mem_alloc(sizeof(*segments));
    bool ok = false;

    segments->directory_fd = -1;
    if (mkdir(directory, 0700) != 0) {
        err_set_errno(err, ERR_IO, errno, "create %s", directory);
        goto out;
    }
    segments->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (segments->directory_fd < 0) {
        err_set_errno(err, ERR_IO, errno, "open %s", directory);
        goto out;
    }
    segments->new_name = true;
    ok = open_segment(segments, 0, O_RDWR | O_CREAT | O_EXCL, err) && segments_sync(segments, err);
out:
    segments_close(segments);
    return ok;
}

/* Removes segments after the last one: they were never committed. */
static bool remove_later(struct segments *segments, struct err *err)
{
    int fd = openat(segments->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item;
    bool ok = true;

    if (directory == NULL)
        return err_set_errno(err, ERR_IO, errno, "list segments");
    while (ok && (item = readdir(directory)) != NULL) {
        uint32_t number;

        if (!parse_name(&number, item->d_name) || number <= segments->last)
            continue;
        if (unlinkat(segments->directory_fd, item->d_name, 0) != 0)
            ok = err_set_errno(err, ERR_IO, errno, "remove segment %s", item->d_name);
        segments->new_name = true;
    }
    closedir(directory);
    return ok;
}

static bool check_last(struct segments *segments, struct err *err)
{
    struct stat status;

    if (fstat(segments_fd(segments, segments->last), &status) != 0)
        return err_set_errno(err, ERR_IO, errno, "stat segment %" PRIu32, segments->last);
    if ((uint64_t)status.st_size < segments->last_len)
        return err_set(err, ERR_CORRUPT,
                       "segment %" PRIu32 " has %jd bytes, %" PRIu64 " are committed",
                       segments->last, (intmax_t)status.st_size, segments->last_len);
    return true;
}

/*
 * Not done when opening: if the database went back in time, what looks like the leftovers of a
 * crash are committed entries, and the log above finds that out before it appends.
 */
static bool drop_uncommitted(struct segments *segments, struct err *err)
{
    int fd = segments_fd(segments, segments->last);

    if (!remove_later(segments, err))
        return false;
    if (ftruncate(fd, (off_t)segments->written_len) != 0)
        return err_set_errno(err, ERR_IO, errno, "cut segment %" PRIu32, segments->last);
    segments->ready = true;
    return true;
}

bool segments_open(struct segments **out, const char *directory, uint32_t last, uint64_t last_len,
                   struct err *err)
{
    struct segments *segments = mem_alloc(sizeof(*segments));
    bool ok = true;

    segments->last = last;
    segments->last_len = last_len;
    segments->written_len = last_len;
    segments->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (segments->directory_fd < 0)
        ok =
            err_set_errno(err, errno == ENOENT ? ERR_CORRUPT : ERR_IO, errno, "open %s", directory);
    for (uint64_t number = 0; ok && number <= last; number++)
        ok = open_segment(segments, (uint32_t)number, O_RDWR, err);
    if (!ok || !check_last(segments, err)) {
        segments_close(segments);
        return false;
    }
    *out = segments;
    return true;
}

void segments_close(struct segments *segments)
{
    if (segments == NULL)
        return;
    for (uint32_t number = 0; number < SEGMENT_COUNT_MAX; number++) {
        int fd = segments_fd(segments, number);

        if (fd < 0)
            break;
        close(fd);
    }
    if (segments->directory_fd >= 0)
        close(segments->directory_fd);
    buf_cleanup(&segments->pending);
    free(segments);
}

uint32_t segments_last(const struct segments *segments)
{
    return segments->last;
}

uint64_t segments_last_len(const struct segments *segments)
{
    return segments->last_len;
}

static bool write_pending(struct segments *segments, struct err *err)
{
    int fd = segments_fd(segments, segments->last);
    size_t done = 0;

    while (done < segments->pending.len) {
        ssize_t written = pwrite(fd, segments->pending.data + done, segments->pending.len - done,
                                 (off_t)segments->written_len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(err, ERR_IO, errno, "write segment %" PRIu32, segments->last);
        done += (size_t)written;
        segments->written_len += (uint64_t)written;
    }
    buf_clear(&segments->pending);
    return true;
}

bool segments_append(struct segments *segments, struct bytes entry, struct err *err)
{
    if (!segments->ready && !drop_uncommitted(segments, err))
        return false;
    if (segments->pending.len + 2 + entry.len > WRITE_LEN && !write_pending(segments, err))
        return false;
    buf_append_be16(&segments->pending, (uint16_t)entry.len);
    buf_append_bytes(&segments->pending, entry);
    segments->last_len += 2 + entry.len;
    return true;
}

bool segments_begin_next(struct segments *segments, struct err *err)
{
    if (!segments->ready && !drop_uncommitted(segments, err))
        return false;
    if (!write_pending(segments, err) || !sync_file(segments_fd(segments, segments->last), err) ||
        !open_segment(segments, segments->last + 1, O_RDWR | O_CREAT | O_EXCL, err))
        return false;
    segments->last++;
    segments->last_len = 0;
    segments->written_len = 0;
    segments->new_name = true;
    return true;
}

bool segments_sync(struct segments *segments, struct err *err)
{
    if (!write_pending(segments, err) || !sync_file(segments_fd(segments, segments->last), err))
        return false;
    if (segments->new_name && fsync(segments->directory_fd) != 0)
        return err_set_errno(err, ERR_IO, errno, "sync the directory of the segments");
    segments->new_name = false;
    return true;
}

int segments_fd(struct segments *segments, uint32_t number)
{
    return number < SEGMENT_COUNT_MAX ? atomic_load(&segments->fds[number]) - 1 : -1;
}

bool segments_total_bytes(struct segments *segments, uint64_t *out, struct err *err)
{
    *out = 0;
    for (uint32_t number = 0; number < SEGMENT_COUNT_MAX; number++) {
        int fd = segments_fd(segments, number);
        struct stat status;

        if (fd < 0)
            break;
        if (fstat(fd, &status) != 0)
            return err_set_errno(err, ERR_IO, errno, "stat segment %" PRIu32, number);
        *out += (uint64_t)status.st_size;
    }
    return true;
}
