#include "server/anchoring/anchor_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

void kept_anchor_cleanup(struct kept_anchor *kept)
{
    anchor_file_cleanup(&kept->file);
    buf_cleanup(&kept->text);
    *kept = (struct kept_anchor){0};
}

static char *path_of(const struct anchor_files *files, const char *ending)
{
    return mem_format("%s/%s.%s", files->directory, files->target, ending);
}

static bool read_kept(const struct anchor_files *files, struct kept_anchor *out,
                      const char *ending, struct err *err)
{
    char *path = path_of(files, ending);
    struct err unread = {0};
    bool ok = true;

    kept_anchor_cleanup(out);
    if (!file_read(&out->text, path, ANCHOR_FILE_LEN_MAX, &unread)) {
        ok = unread.code == ERR_NOT_FOUND;
    } else if (!anchor_file_parse(&out->file, bytes_of_buf(&out->text), &unread)) {
        unread.code = ERR_CORRUPT;
        ok = err_wrap(&unread, "%s", path);
    } else {
        out->is_there = true;
    }
    if (!ok)
        *err = unread;
    free(path);
    return ok;
}

bool anchor_files_read_pending(const struct anchor_files *files, struct kept_anchor *out,
                               struct err *err)
{
    return read_kept(files, out, "pending", err);
}

bool anchor_files_read_latest(const struct anchor_files *files, struct kept_anchor *out,
                              struct err *err)
{
    return read_kept(files, out, "latest", err);
}

static bool put(const struct anchor_files *files, const char *ending, struct bytes text,
                struct err *err)
{
    char *path = path_of(files, ending);
    bool ok = file_write_durable(path, text, 0644, err);

    free(path);
    return ok;
}

bool anchor_files_put_pending(const struct anchor_files *files, struct bytes text,
                              struct err *err)
{
    return put(files, "pending", text, err);
}

bool anchor_files_put_diverging(const struct anchor_files *files, struct bytes note,
                                struct err *err)
{
    return put(files, "diverging", note, err);
}

static char *path_of_anchor(const char *directory, uint64_t size, struct bytes target)
{
    return mem_format("%s/%.*s-%" PRIu64 ".anchor", directory, (int)target.len,
                      (const char *)target.data, size);
}

bool anchor_files_read(struct buf *out, const char *directory, uint64_t size, struct bytes target,
                       struct err *err)
{
    char *path = path_of_anchor(directory, size, target);
    bool ok = file_read(out, path, ANCHOR_FILE_LEN_MAX, err);

    free(path);
    return ok;
}

static bool remove_pending(const struct anchor_files *files, struct err *err)
{
    char *path = path_of(files, "pending");
    bool ok = unlink(path) == 0 || errno == ENOENT;

    if (!ok)
        err_set_errno(err, ERR_IO, errno, "%s", path);
    free(path);
    return ok;
}

/* Whatever of this a crash leaves undone is done when the log is asked again to say it. */
bool anchor_files_settle(const struct anchor_files *files, const struct kept_anchor *pending,
                         struct err *err)
{
    struct bytes text = bytes_of_buf(&pending->text);
    char *path = path_of_anchor(files->directory, pending->file.head.size,
                                bytes_of_text(files->target));
    bool ok = file_write_durable(path, text, 0644, err) && put(files, "latest", text, err) &&
              remove_pending(files, err);

    free(path);
    return ok;
}
