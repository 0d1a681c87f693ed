/* What store_leveldb.h promises beyond store.h: creating, locking, crash leftovers, damage. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "server/store/store_leveldb.h"
#include "tests/store/growing_log.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"

enum { SEGMENT_LEN_MAX = 5000 };

/* A store directory inside a scratch directory, with room for copies beside it. */
struct place {
    char *scratch;
    char *directory;
    char *copy;
    struct growing_log log;
};

static void must(bool ok, const struct err *err)
{
    if (!ok)
        fail_msg("%s: %s", err_code_name(err->code), err->text);
}

static int setup(void **state)
{
    struct place *place = mem_alloc(sizeof(*place));

    place->scratch = scratch_new();
    place->directory = mem_format("%s/store", place->scratch);
    place->copy = mem_format("%s/copy", place->scratch);
    place->log = (struct growing_log){.seed = 3, .with_sids = true};
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    scratch_remove(place->scratch);
    free(place->directory);
    free(place->copy);
    free(place);
    return 0;
}

static struct store *open_at(const char *directory)
{
    struct store *store = NULL;
    struct err err = {0};

    must(scratch_open_store(&store, directory, SEGMENT_LEN_MAX, &err), &err);
    return store;
}

static void refuse_to_open(const char *directory, enum err_code code)
{
    struct store *store = NULL;
    struct err err = {0};

    if (scratch_open_store(&store, directory, SEGMENT_LEN_MAX, &err))
        fail_msg("opened");
    if (err.code != code)
        fail_msg("%s: %s", err_code_name(err.code), err.text);
    assert_null(store);
}

/* Creates a store and commits `commits` times `count` entries to it. */
static void fill(struct place *place, size_t commits, size_t count)
{
    struct store *store;
    struct err err = {0};

    scratch_create_store(place->directory);
    store = open_at(place->directory);
    must(growing_log_resume(&place->log, store, &err), &err);
    for (size_t i = 0; i < commits; i++)
        must(growing_log_commit(&place->log, store, count, &err), &err);
    store_close(store);
}

/* Opens, checks everything, commits more, checks again. */
static void check_and_grow(struct place *place, const char *directory)
{
    struct growing_log log = place->log;
    struct store *store = open_at(directory);
    struct err err = {0};

    must(growing_log_check(&log, store, &err), &err);
    must(growing_log_resume(&log, store, &err), &err);
    must(growing_log_commit(&log, store, 300, &err), &err);
    must(growing_log_check(&log, store, &err), &err);
    store_close(store);
    store = open_at(directory);
    must(growing_log_check(&log, store, &err), &err);
    store_close(store);
}

/* A directory that exists, whatever is in it, is refused and stays as it is. */
static void create_where_something_is(void **state)
{
    struct place *place = *state;
    struct store_identity_card card = growing_log_card();
    struct store_head head = growing_log_first_head();
    struct err err = {0};

    fill(place, 2, 10);
    assert_false(store_leveldb_create(place->directory, &card, &head, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    check_and_grow(place, place->directory);
    assert_int_equal(mkdir(place->copy, 0700), 0);
    assert_false(store_leveldb_create(place->copy, &card, &head, &err));
    assert_int_equal(err.code, ERR_REFUSED);
}

/* What an interrupted creation left is never taken for a store, and is named. */
static void create_after_an_interrupted_one(void **state)
{
    struct place *place = *state;
    struct store_identity_card card = growing_log_card();
    struct store_head head = growing_log_first_head();
    char *creating = mem_format("%s.creating", place->directory);
    struct err err = {0};

    assert_int_equal(mkdir(creating, 0700), 0);
    refuse_to_open(place->directory, ERR_NOT_FOUND);
    assert_false(store_leveldb_create(place->directory, &card, &head, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, ".creating"));
    assert_int_equal(rmdir(creating), 0);
    must(store_leveldb_create(place->directory, &card, &head, &err), &err);
    free(creating);
}

/* Opening what is not there fails and creates nothing. */
static void open_without_a_store(void **state)
{
    struct place *place = *state;
    char *database = mem_format("%s/db", place->directory);

    refuse_to_open(place->directory, ERR_NOT_FOUND);
    assert_false(file_exists(place->directory));
    assert_int_equal(mkdir(place->directory, 0700), 0);
    refuse_to_open(place->directory, ERR_NOT_FOUND);
    assert_false(file_exists(database));
    assert_int_equal(mkdir(database, 0700), 0);
    refuse_to_open(place->directory, ERR_CORRUPT);
    free(database);
}

/* The second opening in one process is refused as busy; the first one is not disturbed. */
static void open_twice(void **state)
{
    struct place *place = *state;
    struct store *store;
    struct err err = {0};

    fill(place, 1, 10);
    store = open_at(place->directory);
    refuse_to_open(place->directory, ERR_BUSY);
    must(growing_log_check(&place->log, store, &err), &err);
    must(growing_log_resume(&place->log, store, &err), &err);
    must(growing_log_commit(&place->log, store, 5, &err), &err);
    store_close(store);
    check_and_grow(place, place->directory);
}

/* The opening in another process is refused as busy. */
static void open_in_another_process(void **state)
{
    struct place *place = *state;
    struct store *store;
    int status;
    pid_t child;

    fill(place, 1, 10);
    store = open_at(place->directory);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *second = NULL;
        struct err err = {0};

        if (scratch_open_store(&second, place->directory, SEGMENT_LEN_MAX, &err))
            _exit(1);
        _exit(err.code == ERR_BUSY ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    store_close(store);
}

/* Path of the segment that grows, and its length. */
static struct scratch_file last_segment(const char *directory)
{
    size_t count;
    struct scratch_file *files = scratch_list(directory, &count);
    struct scratch_file last = {.path = ""};

    for (size_t i = 0; i < count; i++) {
        if (strncmp(files[i].path, "segments/", 9) == 0 && strcmp(files[i].path, last.path) > 0)
            last = files[i];
    }
    free(files);
    return last;
}

/* Bytes behind the committed end are kept until the first commit, which replaces them. */
static void open_with_a_torn_tail(void **state)
{
    struct place *place = *state;
    struct scratch_file segment;
    uint8_t garbage[10000];
    char *later;
    struct err err = {0};

    memset(garbage, 0xee, sizeof(garbage));
    fill(place, 7, 100);
    segment = last_segment(place->directory);
    scratch_append(place->directory, segment.path, bytes_of(garbage, sizeof(garbage)));
    later = mem_format("%s/segments/000077.entries", place->directory);
    must(file_create_durable(later, bytes_of(garbage, 9), 0600, &err), &err);
    store_close(open_at(place->directory));
    assert_int_equal(last_segment(place->directory).len, 9);
    check_and_grow(place, place->directory);
    assert_false(file_exists(later));
    free(later);
}

/* A segment that lacks committed bytes, or a segment that is gone, is corruption. */
static void open_with_a_short_segment(void **state)
{
    struct place *place = *state;
    struct scratch_file segment;
    char *path;

    fill(place, 7, 100);
    segment = last_segment(place->directory);
    scratch_copy_store(place->copy, place->directory);
    scratch_truncate(place->copy, segment.path, segment.len - 1);
    refuse_to_open(place->copy, ERR_CORRUPT);
    scratch_copy_store(place->copy, place->directory);
    path = mem_format("%s/%s", place->copy, segment.path);
    assert_int_equal(unlink(path), 0);
    refuse_to_open(place->copy, ERR_CORRUPT);
    free(path);
    scratch_copy_store(place->copy, place->directory);
    path = mem_format("%s/segments/000000.entries", place->copy);
    assert_int_equal(unlink(path), 0);
    refuse_to_open(place->copy, ERR_CORRUPT);
    free(path);
}

/* A copy of a store is a store: nothing depends on where it lies. */
static void open_a_copy(void **state)
{
    struct place *place = *state;

    fill(place, 3, 200);
    scratch_copy_store(place->copy, place->directory);
    check_and_grow(place, place->copy);
    check_and_grow(place, place->directory);
}

/* A new segment begins only between bundles, once the one before it is long enough. */
static void commit_begins_segments_between_bundles(void **state)
{
    struct place *place = *state;
    struct store_extent before = {.fd = -1};
    struct store_extent after = {.fd = -1};
    struct store *store;
    struct err err = {0};

    place->log.entry_len = 50;
    fill(place, 5, 200);
    store = open_at(place->directory);
    for (uint64_t bundle = 1; bundle < 3; bundle++) {
        uint64_t first = bundle * TILE_WIDTH;

        must(store_locate_entries(store, &before, first - 1, first, &err), &err);
        must(store_locate_entries(store, &after, first, first + 1, &err), &err);
        assert_int_not_equal(before.fd, after.fd);
        assert_int_equal(before.offset, 255 * 52);
        assert_int_equal(after.offset, 0);
    }
    store_close(store);
}

/* Whatever happens to the files of a store, it never gives a wrong answer as a right one. */
struct damage {
    struct place *place;
    struct growing_log history[16]; /* at first, and after each commit */
    size_t history_count;
    uint64_t opened;
    uint64_t refused;
};

/* Fills a store so that it has tables, a write-ahead log and several segments. */
static void fill_for_damage(struct damage *damage)
{
    struct place *place = damage->place;
    struct store_leveldb_options options = {
        .directory = place->directory,
        .cache_bytes = 1 << 20,
        .write_buffer_bytes = 64 << 10,
        .segment_len_max = SEGMENT_LEN_MAX,
    };
    struct store *store = NULL;
    struct err err = {0};

    place->log.entry_len = 30;
    scratch_create_store(place->directory);
    must(store_leveldb_open(&store, &options, &err), &err);
    must(growing_log_resume(&place->log, store, &err), &err);
    damage->history[damage->history_count++] = place->log;
    for (size_t i = 0; i < 9; i++) {
        must(growing_log_commit(&place->log, store, 70, &err), &err);
        damage->history[damage->history_count++] = place->log;
    }
    store_close(store);
}

/*
 * A store that opens must hold one of the committed heads and answer right about it, or say that
 * it cannot. An older head is possible: a damaged end of the write-ahead log or of LevelDB's
 * manifest looks like a crash.
 * That is what the head file outside the store is for. Entry bytes may be wrong: the leaf hash
 * that is stored elsewhere shows it.
 */
static void check_damaged(struct damage *damage, const char *what)
{
    struct store *store = NULL;
    struct store_head head;
    struct err err = {0};
    bool ok = scratch_open_store(&store, damage->place->copy, SEGMENT_LEN_MAX, &err);

    damage->opened += ok;
    ok = ok && store_read_head(store, &head, &err);
    if (ok) {
        size_t at = 0;

        while (at < damage->history_count && damage->history[at].head.size != head.size)
            at++;
        if (at == damage->history_count)
            fail_msg("%s: a head that never was, size %d", what, (int)head.size);
        ok = growing_log_check(&damage->history[at], store, &err);
    }
    store_close(store);
    damage->refused += !ok;
    if (!ok && err.code == ERR_INVALID && strstr(err.text, "wrong bytes of entries") == NULL)
        fail_msg("%s: %s", what, err.text);
    if (!ok && err.code != ERR_INVALID && err.code != ERR_CORRUPT && err.code != ERR_IO)
        fail_msg("%s: %s: %s", what, err_code_name(err.code), err.text);
}

/* No flipped bit in any file leads to a wrong answer. */
static void open_with_flipped_bits(void **state)
{
    struct damage damage = {.place = *state};
    size_t count;
    struct scratch_file *files;

    fill_for_damage(&damage);
    files = scratch_list(damage.place->directory, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t stride = files[i].len / 60 + 1;

        for (uint64_t byte = 0; byte < files[i].len; byte += stride) {
            char what[400];

            snprintf(what, sizeof(what), "%s byte %d", files[i].path, (int)byte);
            scratch_copy_store(damage.place->copy, damage.place->directory);
            scratch_flip(damage.place->copy, files[i].path, byte, (unsigned)(byte / stride % 8));
            check_damaged(&damage, what);
        }
    }
    assert_true(damage.refused > 50);
    free(files);
}

/* No file cut short leads to a wrong answer. */
static void open_with_cut_files(void **state)
{
    struct damage damage = {.place = *state};
    size_t count;
    struct scratch_file *files;

    fill_for_damage(&damage);
    files = scratch_list(damage.place->directory, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t stride = files[i].len / 20 + 1;

        for (uint64_t len = 0; len < files[i].len; len += stride) {
            char what[400];

            snprintf(what, sizeof(what), "%s cut to %d", files[i].path, (int)len);
            scratch_copy_store(damage.place->copy, damage.place->directory);
            scratch_truncate(damage.place->copy, files[i].path, len);
            check_damaged(&damage, what);
        }
    }
    free(files);
}

/* A file that is gone is noticed when opening, or when its content is asked for. */
static void open_with_missing_files(void **state)
{
    struct damage damage = {.place = *state};
    size_t count;
    struct scratch_file *files;

    fill_for_damage(&damage);
    files = scratch_list(damage.place->directory, &count);
    for (size_t i = 0; i < count; i++) {
        char *path = mem_format("%s/%s", damage.place->copy, files[i].path);

        scratch_copy_store(damage.place->copy, damage.place->directory);
        assert_int_equal(unlink(path), 0);
        check_damaged(&damage, files[i].path);
        free(path);
    }
    free(files);
}

/* Compaction changes nothing that the store answers, and takes no store that is open. */
static void compact_keeps_everything(void **state)
{
    struct place *place = *state;
    struct store_leveldb_options options = {.directory = place->directory,
                                            .cache_bytes = 4 << 20,
                                            .write_buffer_bytes = 1 << 20};
    struct store *store;
    struct err err = {0};

    scratch_create_store(place->directory);
    store = open_at(place->directory);
    must(growing_log_resume(&place->log, store, &err), &err);
    for (size_t count = 1; count <= 300; count += 37)
        must(growing_log_commit(&place->log, store, count, &err), &err);
    assert_false(store_leveldb_compact(&options, &err));
    assert_int_equal(err.code, ERR_BUSY);
    store_close(store);
    must(store_leveldb_compact(&options, &err), &err);
    store = open_at(place->directory);
    place->log.head.epoch++; /* the new opening's; compaction has none of its own */
    must(growing_log_check(&place->log, store, &err), &err);
    store_close(store);
}

#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(create_where_something_is),
        IN_A_PLACE(create_after_an_interrupted_one),
        IN_A_PLACE(open_without_a_store),
        IN_A_PLACE(open_twice),
        IN_A_PLACE(open_in_another_process),
        IN_A_PLACE(open_with_a_torn_tail),
        IN_A_PLACE(open_with_a_short_segment),
        IN_A_PLACE(open_a_copy),
        IN_A_PLACE(commit_begins_segments_between_bundles),
        IN_A_PLACE(open_with_flipped_bits),
        IN_A_PLACE(open_with_cut_files),
        IN_A_PLACE(open_with_missing_files),
        IN_A_PLACE(compact_keeps_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
