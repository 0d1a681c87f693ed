#include "server/tlog/head_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"

enum { SLOT_SPACING = 4096, SLOT_LEN = 96 };

struct fixture {
    char directory[64];
    char path[96];
};

static struct head_mark mark_of(uint64_t size)
{
    struct head_mark mark = {.epoch = size / 10, .size = size};

    memset(mark.root.bytes, (int)(size & 0xff), HASH_LEN);
    return mark;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    strcpy(fixture->directory, "/tmp/vouch-head-file-XXXXXX");
    if (mkdtemp(fixture->directory) == NULL)
        return -1;
    snprintf(fixture->path, sizeof(fixture->path), "%s/head", fixture->directory);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    unlink(fixture->path);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

static void create(const struct fixture *fixture, uint64_t size)
{
    struct head_mark mark = mark_of(size);
    struct err err = {0};

    assert_true(head_file_create(fixture->path, &mark, &err));
}

static struct head_cell *open_cell(const struct fixture *fixture)
{
    struct head_cell *cell = NULL;
    struct err err = {0};

    assert_true(head_file_open(&cell, fixture->path, &err));
    return cell;
}

static void write_size(struct head_cell *cell, uint64_t size)
{
    struct head_mark mark = mark_of(size);
    struct err err = {0};

    assert_true(cell->write(cell, &mark, &err));
}

static void assert_reads(struct head_cell *cell, uint64_t size)
{
    struct head_mark mark = {0};
    struct head_mark expected = mark_of(size);
    struct err err = {0};

    assert_true(cell->read(cell, &mark, &err));
    assert_int_equal(mark.epoch, expected.epoch);
    assert_int_equal(mark.size, expected.size);
    assert_true(hash_equal(&mark.root, &expected.root));
}

/* Flips one bit of the byte at offset. */
static void flip(const struct fixture *fixture, off_t offset)
{
    int fd = open(fixture->path, O_RDWR);
    uint8_t byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

/* A new head file holds the mark it was created with, and only its owner can use it. */
static void head_file_create_new(void **state)
{
    const struct fixture *fixture = *state;
    struct head_cell *cell;
    struct stat status;

    create(fixture, 0);
    cell = open_cell(fixture);
    assert_reads(cell, 0);
    cell->close(cell);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

/* Creating over an existing head file is refused and leaves it as it was. */
static void head_file_create_existing(void **state)
{
    const struct fixture *fixture = *state;
    struct head_mark mark = mark_of(9);
    struct head_cell *cell;
    struct err err = {0};

    create(fixture, 7);
    assert_false(head_file_create(fixture->path, &mark, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    cell = open_cell(fixture);
    assert_reads(cell, 7);
    cell->close(cell);
}

/* What was written last is read, in the same process and in the next one. */
static void head_file_write_many(void **state)
{
    const struct fixture *fixture = *state;
    struct head_cell *cell;

    create(fixture, 0);
    cell = open_cell(fixture);
    for (uint64_t size = 1; size <= 20; size++) {
        write_size(cell, size);
        assert_reads(cell, size);
    }
    cell->close(cell);
    cell = open_cell(fixture);
    assert_reads(cell, 20);
    write_size(cell, 21);
    cell->close(cell);
    cell = open_cell(fixture);
    assert_reads(cell, 21);
    cell->close(cell);
}

/* A flipped bit anywhere in one slot makes the other one count, whichever it is. */
static void head_file_read_one_slot_damaged(void **state)
{
    const struct fixture *fixture = *state;
    struct head_cell *cell;

    create(fixture, 10);
    cell = open_cell(fixture);
    write_size(cell, 11); /* into the first slot */
    for (off_t offset = 0; offset < SLOT_LEN; offset++) {
        flip(fixture, offset);
        assert_reads(cell, 10);
        flip(fixture, offset);
        flip(fixture, SLOT_SPACING + offset);
        assert_reads(cell, 11);
        flip(fixture, SLOT_SPACING + offset);
    }
    cell->close(cell);
}

/* A write goes over the damaged slot, never over the only good one. */
static void head_file_write_one_slot_damaged(void **state)
{
    const struct fixture *fixture = *state;
    struct head_cell *cell;

    create(fixture, 10);
    cell = open_cell(fixture);
    write_size(cell, 11);
    flip(fixture, 40);
    write_size(cell, 12);
    assert_reads(cell, 12);
    flip(fixture, 40);
    assert_reads(cell, 10);
    cell->close(cell);
}

/* With both slots damaged there is nothing to trust: ERR_CORRUPT. */
static void head_file_read_both_slots_damaged(void **state)
{
    const struct fixture *fixture = *state;
    struct head_mark mark = {0};
    struct head_cell *cell;
    struct err err = {0};

    create(fixture, 10);
    flip(fixture, 20);
    flip(fixture, SLOT_SPACING + 20);
    cell = open_cell(fixture);
    assert_false(cell->read(cell, &mark, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    cell->close(cell);
}

/* A file that was cut short reads as damaged, never as an older or another mark. */
static void head_file_read_cut_short(void **state)
{
    const struct fixture *fixture = *state;
    struct head_mark mark = {0};
    struct head_cell *cell;
    struct err err = {0};

    create(fixture, 10);
    assert_int_equal(truncate(fixture->path, SLOT_SPACING + SLOT_LEN - 1), 0);
    cell = open_cell(fixture);
    assert_reads(cell, 10);
    assert_int_equal(truncate(fixture->path, SLOT_LEN - 1), 0);
    assert_false(cell->read(cell, &mark, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    cell->close(cell);
}

/* While one daemon has the head file another one cannot open it; afterwards it can. */
static void head_file_open_locked(void **state)
{
    const struct fixture *fixture = *state;
    struct head_cell *first;
    struct head_cell *second = NULL;
    struct err err = {0};

    create(fixture, 1);
    first = open_cell(fixture);
    assert_false(head_file_open(&second, fixture->path, &err));
    assert_int_equal(err.code, ERR_BUSY);
    first->close(first);
    second = open_cell(fixture);
    second->close(second);
}

/* Opening a head file that is not there says so. */
static void head_file_open_missing(void **state)
{
    const struct fixture *fixture = *state;
    struct head_cell *cell = NULL;
    struct err err = {0};

    assert_false(head_file_open(&cell, fixture->path, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(head_file_create_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_create_existing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_write_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_read_one_slot_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_write_one_slot_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_read_both_slots_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_read_cut_short, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_open_locked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_file_open_missing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
