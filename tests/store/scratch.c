#include "tests/store/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "server/store/store_leveldb.h"
#include "tests/store/growing_log.h"
#include "tests/support/cmocka_all.h"

static const char *const FOLDERS[] = {"db", "segments", "tiles"};
enum { FOLDER_COUNT = 3, FILE_LEN_MAX = 64 << 20 };

/* In memory where that is possible: thousands of openings, each synced, would only wear a disk. */
static const char *scratch_parent(void)
{
    const char *chosen = getenv("TMPDIR");

    if (chosen != NULL)
        return chosen;
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

char *scratch_new(void)
{
    char *path = mem_format("%s/vouch-store-XXXXXX", scratch_parent());

    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scratch_remove(char *path)
{
    remove_tree(path);
    free(path);
}

struct scratch_file *scratch_list(const char *store_directory, size_t *out_count)
{
    struct buf files = {0};

    for (size_t i = 0; i < FOLDER_COUNT; i++) {
        char *folder = mem_format("%s/%s", store_directory, FOLDERS[i]);
        DIR *directory = opendir(folder);
        struct dirent *item;

        assert_non_null(directory);
        while ((item = readdir(directory)) != NULL) {
            struct scratch_file file;
            struct stat status;

            if (item->d_name[0] == '.')
                continue;
            snprintf(file.path, sizeof(file.path), "%s/%s", FOLDERS[i], item->d_name);
            assert_int_equal(fstatat(dirfd(directory), item->d_name, &status, 0), 0);
            file.len = (uint64_t)status.st_size;
            buf_append(&files, &file, sizeof(file));
        }
        closedir(directory);
        free(folder);
    }
    *out_count = files.len / sizeof(struct scratch_file);
    return (struct scratch_file *)(void *)files.data;
}

static void write_plain(const char *path, struct bytes content)
{
    struct err err = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_true(file_write_all(fd, content, &err));
    close(fd);
}

void scratch_copy_store(const char *to, const char *from)
{
    size_t count;
    struct scratch_file *files = scratch_list(from, &count);
    struct buf content = {0};
    struct err err = {0};

    remove_tree(to);
    assert_int_equal(mkdir(to, 0700), 0);
    for (size_t i = 0; i < FOLDER_COUNT; i++) {
        char *folder = mem_format("%s/%s", to, FOLDERS[i]);

        assert_int_equal(mkdir(folder, 0700), 0);
        free(folder);
    }
    for (size_t i = 0; i < count; i++) {
        char *source = mem_format("%s/%s", from, files[i].path);
        char *target = mem_format("%s/%s", to, files[i].path);

        buf_clear(&content);
        assert_true(file_read(&content, source, FILE_LEN_MAX, &err));
        write_plain(target, bytes_of_buf(&content));
        free(source);
        free(target);
    }
    buf_cleanup(&content);
    free(files);
}

static int open_file(const char *directory, const char *path, int flags)
{
    char *full = mem_format("%s/%s", directory, path);
    int fd = open(full, flags | O_CLOEXEC);

    free(full);
    assert_true(fd >= 0);
    return fd;
}

void scratch_truncate(const char *directory, const char *path, uint64_t len)
{
    int fd = open_file(directory, path, O_WRONLY);

    assert_int_equal(ftruncate(fd, (off_t)len), 0);
    close(fd);
}

void scratch_flip(const char *directory, const char *path, uint64_t byte, unsigned bit)
{
    int fd = open_file(directory, path, O_RDWR);
    uint8_t value;

    assert_int_equal(pread(fd, &value, 1, (off_t)byte), 1);
    value ^= (uint8_t)(1u << bit);
    assert_int_equal(pwrite(fd, &value, 1, (off_t)byte), 1);
    close(fd);
}

void scratch_append(const char *directory, const char *path, struct bytes content)
{
    int fd = open_file(directory, path, O_WRONLY | O_APPEND);
    struct err err = {0};

    assert_true(file_write_all(fd, content, &err));
    close(fd);
}

void scratch_create_store(const char *directory)
{
    struct store_identity_card card = growing_log_card();
    struct store_head head = growing_log_first_head();
    struct err err = {0};

    if (!store_leveldb_create(directory, &card, &head, &err))
        fail_msg("create: %s", err.text);
}

bool scratch_open_store(struct store **out, const char *directory, uint64_t segment_len_max,
                        struct err *err)
{
    struct store_leveldb_options options = {
        .directory = directory,
        .cache_bytes = 1 << 20,
        .write_buffer_bytes = 1 << 20,
        .segment_len_max = segment_len_max,
    };

    return store_leveldb_open(out, &options, err);
}
