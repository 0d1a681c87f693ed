#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"

struct place {
    char directory[64];
    char *path; /* of a file that is not there yet */
    char *temporary;
};

static int make_place(void **state)
{
    struct place *place = mem_alloc(sizeof(*place));

    strcpy(place->directory, "/tmp/vouch-file-test-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    place->path = mem_format("%s/file", place->directory);
    place->temporary = mem_format("%s/file.tmp", place->directory);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    unlink(place->temporary);
    assert_int_equal(rmdir(place->directory), 0); /* nothing else was left behind */
    free(place->path);
    free(place->temporary);
    free(place);
    return 0;
}

static unsigned mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return (unsigned)status.st_mode & 0777;
}

static void assert_content(const char *path, const char *expected)
{
    struct buf content = {0};
    struct err err = {0};

    assert_true(file_read(&content, path, 1000, &err));
    assert_string_equal(buf_text(&content), expected);
    buf_cleanup(&content);
}

/* A file of exactly the limit is read, one byte more is refused and leaves nothing behind. */
static void file_read_limit(void **state)
{
    struct place *place = *state;
    struct buf content = {0};
    struct buf out = {0};
    struct err err = {0};

    for (size_t len = 0; len < 200001; len += 66667) {
        buf_clear(&content);
        memset(buf_extend(&content, len), 'x', len);
        assert_true(file_write_durable(place->path, bytes_of_buf(&content), 0600, &err));
        buf_clear(&out);
        buf_append_text(&out, "before");
        assert_true(file_read(&out, place->path, len, &err));
        assert_int_equal(out.len, 6 + len);
        assert_memory_equal(out.data, "before", 6);
        out.len = 6;
        if (len > 0) {
            assert_false(file_read(&out, place->path, len - 1, &err));
            assert_int_equal(err.code, ERR_INVALID);
            assert_string_equal(buf_text(&out), "before");
        }
    }
    buf_cleanup(&content);
    buf_cleanup(&out);
}

/* What is not there is not found; what is no file cannot be read. */
static void file_read_no_file(void **state)
{
    struct place *place = *state;
    struct buf out = {0};
    struct err err = {0};

    assert_false(file_read(&out, place->path, 10, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, place->path));
    assert_false(file_exists(place->path));
    assert_false(file_read(&out, place->directory, 10, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_true(file_exists(place->directory));
    buf_cleanup(&out);
}

/* Any permission for anybody but the owner makes a private file refused, with advice. */
static void file_read_private_every_mode(void **state)
{
    struct place *place = *state;
    struct buf out = {0};
    struct err err = {0};

    assert_true(file_write_durable(place->path, bytes_of_text("secret"), 0600, &err));
    for (unsigned mode = 0; mode <= 0777; mode++) {
        /* The owner's own bits decide nothing here but whether it can be opened at all. */
        if ((mode & 0400) == 0)
            continue;
        assert_int_equal(chmod(place->path, mode), 0);
        buf_clear(&out);
        if ((mode & 077) == 0) {
            assert_true(file_read_private(&out, place->path, 10, &err));
            assert_string_equal(buf_text(&out), "secret");
        } else {
            assert_false(file_read_private(&out, place->path, 10, &err));
            assert_int_equal(err.code, ERR_REFUSED);
            assert_non_null(strstr(err.text, "chmod 600"));
            assert_int_equal(out.len, 0);
        }
    }
    buf_cleanup(&out);
}

/* A symbolic link to a loose file is refused as the file itself is. */
static void file_read_private_symlink(void **state)
{
    struct place *place = *state;
    struct buf out = {0};
    struct err err = {0};

    assert_true(file_write_durable(place->path, bytes_of_text("secret"), 0600, &err));
    assert_int_equal(symlink(place->path, place->temporary), 0);
    assert_true(file_read_private(&out, place->temporary, 10, &err));
    assert_int_equal(chmod(place->path, 0644), 0);
    assert_false(file_read_private(&out, place->temporary, 10, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    buf_cleanup(&out);
}

/* A file is replaced as a whole, has the mode asked for, and no temporary file stays. */
static void file_write_durable_replaces(void **state)
{
    struct place *place = *state;
    struct err err = {0};

    assert_true(file_write_durable(place->path, bytes_of_text("a long first content"), 0600, &err));
    assert_content(place->path, "a long first content");
    assert_int_equal(mode_of(place->path), 0600);
    assert_true(file_write_durable(place->path, bytes_of_text("second"), 0400, &err));
    assert_content(place->path, "second");
    assert_int_equal(mode_of(place->path), 0400);
    assert_false(file_exists(place->temporary));
}

/* A temporary file left by a crash gives neither its content nor its mode to the new file. */
static void file_write_durable_after_crash(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    int fd = open(place->temporary, O_CREAT | O_WRONLY, 0666);

    assert_true(fd >= 0);
    assert_true(file_write_all(fd, bytes_of_text("torn and longer than the next"), &err));
    assert_int_equal(fchmod(fd, 0666), 0);
    close(fd);
    assert_true(file_write_durable(place->path, bytes_of_text("whole"), 0600, &err));
    assert_content(place->path, "whole");
    assert_int_equal(mode_of(place->path), 0600);
}

/* Creating refuses an existing file and leaves it as it is. */
static void file_create_durable_twice(void **state)
{
    struct place *place = *state;
    struct err err = {0};

    assert_true(file_create_durable(place->path, bytes_of_text("first"), 0600, &err));
    assert_int_equal(mode_of(place->path), 0600);
    assert_false(file_create_durable(place->path, bytes_of_text("second"), 0600, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_content(place->path, "first");
    assert_false(file_exists(place->temporary));
}

/* Where there is no directory nothing can be written, and the text says where. */
static void file_write_durable_no_directory(void **state)
{
    struct place *place = *state;
    char *path = mem_format("%s/none/file", place->directory);
    struct err err = {0};

    assert_false(file_write_durable(path, bytes_of_text("x"), 0600, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.text, path));
    assert_false(file_create_durable(path, bytes_of_text("x"), 0600, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_false(file_sync_parent(path, &err));
    free(path);
}

/* A full device is an error of the operating system, in its words. */
static void file_write_all_device_full(void **state)
{
    struct err err = {0};
    int fd = open("/dev/full", O_WRONLY);

    (void)state;
    if (fd < 0)
        skip();
    assert_false(file_write_all(fd, bytes_of_text("x"), &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.text, "No space left"));
    close(fd);
}

/* Reading at an offset gives exactly what was asked for, or says that the file ends early. */
static void file_pread_all_borders(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    uint8_t out[8] = {0};
    int fd;

    assert_true(file_write_durable(place->path, bytes_of_text("abcdef"), 0600, &err));
    fd = open(place->path, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(file_pread_all(fd, out, 3, 2, &err));
    assert_memory_equal(out, "cde", 3);
    assert_true(file_pread_all(fd, out, 6, 0, &err));
    assert_true(file_pread_all(fd, out, 0, 6, &err));
    assert_false(file_pread_all(fd, out, 7, 0, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(file_pread_all(fd, out, 1, 6, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    close(fd);
    assert_false(file_pread_all(-1, out, 1, 0, &err));
    assert_int_equal(err.code, ERR_IO);
}

/* The space left on a file system can be asked for; of nowhere it cannot. */
static void file_space_available_of_directory(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    uint64_t space = 0;

    assert_true(file_space_available(&space, place->directory, &err));
    assert_true(space > 0);
    assert_false(file_space_available(&space, place->path, &err));
    assert_int_equal(err.code, ERR_IO);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(file_read_limit),
        IN_PLACE(file_read_no_file),
        IN_PLACE(file_read_private_every_mode),
        IN_PLACE(file_read_private_symlink),
        IN_PLACE(file_write_durable_replaces),
        IN_PLACE(file_write_durable_after_crash),
        IN_PLACE(file_create_durable_twice),
        IN_PLACE(file_write_durable_no_directory),
        cmocka_unit_test(file_write_all_device_full),
        IN_PLACE(file_pread_all_borders),
        IN_PLACE(file_space_available_of_directory),
    };

    umask(022);
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
