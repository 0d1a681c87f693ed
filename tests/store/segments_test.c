/* Segment files: what is appended and synced is there, in order, and nothing else is touched. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "server/store/segments.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"

struct place {
    char *scratch;
    char *directory;
};

static int setup(void **state)
{
    struct place *place = mem_alloc(sizeof(*place));
    struct err err = {0};

    place->scratch = scratch_new();
    place->directory = mem_format("%s/segments", place->scratch);
    assert_true(segments_create(place->directory, &err));
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    scratch_remove(place->scratch);
    free(place->directory);
    free(place);
    return 0;
}

static struct segments *open_at(const struct place *place, uint32_t last, uint64_t last_len)
{
    struct segments *segments = NULL;
    struct err err = {0};

    if (!segments_open(&segments, place->directory, last, last_len, &err))
        fail_msg("%s", err.text);
    return segments;
}

static void append(struct segments *segments, const char *entry)
{
    struct err err = {0};

    assert_true(segments_append(segments, bytes_of_text(entry), &err));
}

static void write_file(const struct place *place, const char *name, const char *content)
{
    char *path = mem_format("%s/%s", place->directory, name);
    struct err err = {0};

    assert_true(file_write_durable(path, bytes_of_text(content), 0600, &err));
    free(path);
}

static void assert_file(const struct place *place, const char *name, const char *want, size_t len)
{
    char *path = mem_format("%s/%s", place->directory, name);
    struct buf content = {0};
    struct err err = {0};

    assert_true(file_read(&content, path, 1 << 20, &err));
    assert_true(bytes_equal(bytes_of_buf(&content), bytes_of(want, len)));
    buf_cleanup(&content);
    free(path);
}

/* Entries lie one after the other behind their lengths; a new segment begins empty. */
static void append_writes_length_and_entry(void **state)
{
    struct place *place = *state;
    struct segments *segments = open_at(place, 0, 0);
    struct err err = {0};

    append(segments, "one");
    append(segments, "");
    assert_int_equal(segments_last_len(segments), 7);
    assert_true(segments_begin_next(segments, &err));
    assert_int_equal(segments_last(segments), 1);
    assert_int_equal(segments_last_len(segments), 0);
    append(segments, "three");
    assert_true(segments_sync(segments, &err));
    assert_file(place, "000000.entries", "\0\3one\0\0", 7);
    assert_file(place, "000001.entries", "\0\5three", 7);
    assert_int_equal(segments_fd(segments, 2), -1);
    assert_int_equal(segments_fd(segments, SEGMENT_COUNT_MAX), -1);
    segments_close(segments);
}

/* Appending goes on where the committed bytes end, and replaces what follows them. */
static void append_after_leftovers(void **state)
{
    struct place *place = *state;
    struct segments *segments;
    struct err err = {0};

    write_file(place, "000000.entries", "COMMITTEDgarbage that is long");
    write_file(place, "000001.entries", "later");
    segments = open_at(place, 0, 9);
    assert_file(place, "000000.entries", "COMMITTEDgarbage that is long", 29);
    append(segments, "new");
    assert_true(segments_sync(segments, &err));
    assert_file(place, "000000.entries", "COMMITTED\0\3new", 14);
    assert_true(segments_begin_next(segments, &err));
    assert_file(place, "000001.entries", "", 0);
    segments_close(segments);
}

/* Files that are not segments are left alone, however much their names look like one. */
static void append_leaves_other_files_alone(void **state)
{
    struct place *place = *state;
    static const char *const NAMES[] = {"1.entries", "000001.entries.bak", "000001.entries ",
                                        "+00001.entries", "notes"};
    struct segments *segments;

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        write_file(place, NAMES[i], "mine");
    segments = open_at(place, 0, 0);
    append(segments, "x");
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        assert_file(place, NAMES[i], "mine", 4);
    segments_close(segments);
}

/* More bytes than are collected before a write arrive in order. */
static void append_of_many_long_entries(void **state)
{
    struct place *place = *state;
    struct segments *segments = open_at(place, 0, 0);
    uint8_t *entry = mem_alloc(65535);
    uint8_t *got = mem_alloc(65537);
    struct err err = {0};

    for (unsigned i = 0; i < 50; i++) {
        memset(entry, (int)i, 65535);
        assert_true(segments_append(segments, bytes_of(entry, 65535), &err));
    }
    assert_true(segments_sync(segments, &err));
    for (unsigned i = 0; i < 50; i++) {
        memset(entry, (int)i, 65535);
        assert_true(file_pread_all(segments_fd(segments, 0), got, 65537, i * 65537, &err));
        assert_int_equal(read_be16(got), 65535);
        assert_memory_equal(got + 2, entry, 65535);
    }
    free(entry);
    free(got);
    segments_close(segments);
}

/* A segment that is missing or too short is corruption. */
static void open_with_less_than_committed(void **state)
{
    struct place *place = *state;
    struct segments *segments = NULL;
    struct err err = {0};

    assert_false(segments_open(&segments, place->directory, 0, 1, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(segments_open(&segments, place->directory, 1, 0, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_false(segments_open(&segments, "/nonexistent", 0, 0, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_null(segments);
}

#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(append_writes_length_and_entry),  IN_A_PLACE(append_after_leftovers),
        IN_A_PLACE(append_leaves_other_files_alone), IN_A_PLACE(append_of_many_long_entries),
        IN_A_PLACE(open_with_less_than_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
