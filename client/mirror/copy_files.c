#include "client/mirror/copy_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "merkle/tile.h"

static bool make_directory(const char *path, struct err *err)
{
    if (mkdir(path, 0755) == 0)
        return file_sync_parent(path, err);
    return errno == EEXIST || err_set_errno(err, ERR_IO, errno, "create directory %s", path);
}

bool copy_files_open(struct copy_files *out, const char *directory, struct err *err)
{
    out->fd = -1;
    out->directory = mem_copy_text(directory);
    out->lock = mem_alloc(sizeof(*out->lock));
    CHECK(pthread_mutex_init(out->lock, NULL) == 0);
    if (!make_directory(directory, err))
        return false;
    out->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open %s", directory);
    if (flock(out->fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return err_set(err, ERR_BUSY, "%s is being filled by another process", directory);
    return err_set_errno(err, ERR_IO, errno, "lock %s", directory);
}

void copy_files_close(struct copy_files *files)
{
    if (files->directory != NULL && files->fd >= 0)
        close(files->fd);
    if (files->lock != NULL)
        pthread_mutex_destroy(files->lock);
    free(files->lock);
    free(files->directory);
    *files = (struct copy_files){0};
}

char *copy_files_path(const struct copy_files *files, const char *name)
{
    return mem_format("%s/%s", files->directory, name);
}

/* The directories that path goes through below the copy's own. */
static bool make_way(const struct copy_files *files, char *path, struct err *err)
{
    char *slash = path + strlen(files->directory);

    while ((slash = strchr(slash + 1, '/')) != NULL) {
        bool ok;

        *slash = '\0';
        ok = make_directory(path, err);
        *slash = '/';
        if (!ok)
            return false;
    }
    return true;
}

/* A name that is taken is fine when it has the content that would have been written. */
static bool check_same(const char *path, struct bytes content, struct err *err)
{
    struct buf there = {0};
    struct err found = {0};
    bool same = file_read(&there, path, content.len, &found) &&
                bytes_equal(bytes_of_buf(&there), content);

    buf_cleanup(&there);
    if (same)
        return true;
    if (found.code == ERR_IO) {
        *err = found;
        return false;
    }
    return err_set(err, ERR_REFUSED,
                   "%s has another content than the log has now, and is not overwritten", path);
}

bool copy_files_add(const struct copy_files *files, const char *name, struct bytes content,
                    struct err *err)
{
    char *path = copy_files_path(files, name);
    bool ok;

    pthread_mutex_lock(files->lock);
    /* Who made the name may have ended, or failed, before it was on disk. */
    if (file_exists(path))
        ok = check_same(path, content, err) && file_sync_parent(path, err);
    else
        ok = make_way(files, path, err) && file_create_durable(path, content, 0644, err);
    pthread_mutex_unlock(files->lock);
    free(path);
    return ok;
}

bool copy_files_add_tile(const struct copy_files *files, const struct tile_path *path,
                         struct bytes content, struct err *err)
{
    struct buf name = {0};
    bool ok;

    tile_path_append(&name, path);
    ok = copy_files_add(files, buf_text(&name), content, err);
    buf_cleanup(&name);
    return ok;
}

bool copy_files_replace(const struct copy_files *files, const char *name, struct bytes content,
                        struct err *err)
{
    char *path = copy_files_path(files, name);
    bool ok;

    pthread_mutex_lock(files->lock);
    ok = make_way(files, path, err) && file_write_durable(path, content, 0644, err);
    pthread_mutex_unlock(files->lock);
    free(path);
    return ok;
}

bool copy_files_read(const struct copy_files *files, const char *name, size_t len_max,
                     struct buf *out, struct err *err)
{
    char *path = copy_files_path(files, name);
    bool ok = file_read(out, path, len_max, err);

    free(path);
    return ok;
}

/* A directory with nothing but files in it; none is fine. */
static bool remove_directory(const char *path, struct err *err)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    bool ok = true;

    if (directory == NULL)
        return errno == ENOENT || err_set_errno(err, ERR_IO, errno, "open %s", path);
    while (ok && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = unlinkat(dirfd(directory), entry->d_name, 0) == 0;
    }
    ok = ok && rmdir(path) == 0;
    if (!ok)
        err_set_errno(err, ERR_IO, errno, "remove %s", path);
    closedir(directory);
    return ok;
}

bool copy_files_drop_partial(const struct copy_files *files, struct tile_id id, bool is_entries,
                             struct err *err)
{
    struct tile_path full = {.is_entries = is_entries, .tile = id, .width = TILE_WIDTH};
    struct buf name = {0};
    char *path;
    char *partial;
    bool ok;

    tile_path_append(&name, &full);
    path = copy_files_path(files, buf_text(&name));
    partial = mem_format("%s.p", path);
    ok = !file_exists(path) || remove_directory(partial, err);
    free(partial);
    free(path);
    buf_cleanup(&name);
    return ok;
}
