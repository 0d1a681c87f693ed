#include "tests/crash/synced_files.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"

enum { FILES_MAX = 4096 };

/* One for the whole program, since fsync is. */
static struct {
    pthread_mutex_t mutex;
    bool watching;
    bool ignore;
    synced_files_fn after_sync;
    void *context;
    size_t count;
    struct {
        ino_t inode;
        off_t len;
    } files[FILES_MAX];
} synced = {.mutex = PTHREAD_MUTEX_INITIALIZER};

void synced_files_watch(void)
{
    pthread_mutex_lock(&synced.mutex);
    synced.watching = true;
    synced.ignore = false;
    synced.count = 0;
    synced.after_sync = NULL;
    pthread_mutex_unlock(&synced.mutex);
}

void synced_files_call(synced_files_fn after_sync, void *context)
{
    pthread_mutex_lock(&synced.mutex);
    synced.after_sync = after_sync;
    synced.context = context;
    pthread_mutex_unlock(&synced.mutex);
}

void synced_files_stop(void)
{
    pthread_mutex_lock(&synced.mutex);
    synced.watching = false;
    pthread_mutex_unlock(&synced.mutex);
}

void synced_files_ignore(bool ignore)
{
    pthread_mutex_lock(&synced.mutex);
    synced.ignore = ignore;
    pthread_mutex_unlock(&synced.mutex);
}

static void note(ino_t inode, off_t len)
{
    size_t at = 0;

    while (at < synced.count && synced.files[at].inode != inode)
        at++;
    if (at == synced.count) {
        CHECK(synced.count < FILES_MAX);
        synced.count++;
    }
    synced.files[at].inode = inode;
    synced.files[at].len = len;
}

static int note_sync(int fd)
{
    synced_files_fn after_sync = NULL;
    void *context = NULL;
    struct stat status;

    if (fstat(fd, &status) != 0)
        return -1;
    pthread_mutex_lock(&synced.mutex);
    if (synced.watching && !synced.ignore && S_ISREG(status.st_mode)) {
        note(status.st_ino, status.st_size);
        after_sync = synced.after_sync;
        context = synced.context;
    }
    pthread_mutex_unlock(&synced.mutex);
    if (after_sync != NULL)
        after_sync(context);
    return 0;
}

/* These take the place of the C library's, also for LevelDB. */
int fsync(int fd)
{
    return note_sync(fd);
}

int fdatasync(int fd)
{
    return note_sync(fd);
}

static uint64_t synced_len(ino_t inode, uint64_t len)
{
    for (size_t at = 0; at < synced.count; at++) {
        if (synced.files[at].inode == inode)
            return (uint64_t)synced.files[at].len < len ? (uint64_t)synced.files[at].len : len;
    }
    return 0;
}

void synced_files_copy_store(const char *to, const char *from)
{
    size_t count;
    struct scratch_file *files;

    scratch_copy_store(to, from);
    files = scratch_list(from, &count);
    pthread_mutex_lock(&synced.mutex);
    for (size_t i = 0; i < count; i++) {
        char *path = mem_format("%s/%s", from, files[i].path);
        struct stat status;

        assert_int_equal(stat(path, &status), 0);
        scratch_truncate(to, files[i].path, synced_len(status.st_ino, files[i].len));
        free(path);
    }
    pthread_mutex_unlock(&synced.mutex);
    free(files);
}
