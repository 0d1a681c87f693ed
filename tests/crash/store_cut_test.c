/*
 * A crash at any byte of a commit: opening gives the head before or after it, and everything below
 * that head reads back right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/synced_files.h"
#include "tests/store/growing_log.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"

enum { SEGMENT_LEN_MAX = 5000, COMMITS = 12 };

/* A store, the log before and after its last commit, and the files that commit wrote to. */
struct world {
    char *scratch;
    char *directory;
    char *copy;
    struct store *store;
    struct growing_log before;
    struct growing_log after;
    struct scratch_file log_before;
    struct scratch_file log_after;
    struct scratch_file segment_before;
    struct scratch_file segment_after;
    uint64_t cuts;
};

static void must(bool ok, const struct err *err)
{
    if (!ok)
        fail_msg("%s: %s", err_code_name(err->code), err->text);
}

static int setup(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct err err = {0};

    world->scratch = scratch_new();
    world->directory = mem_format("%s/store", world->scratch);
    world->copy = mem_format("%s/copy", world->scratch);
    synced_files_watch();
    scratch_create_store(world->directory);
    must(scratch_open_store(&world->store, world->directory, SEGMENT_LEN_MAX, &err), &err);
    world->after = (struct growing_log){.seed = 11, .entry_len = 20, .with_sids = true};
    must(growing_log_resume(&world->after, world->store, &err), &err);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    synced_files_stop();
    store_close(world->store);
    scratch_remove(world->scratch);
    free(world->directory);
    free(world->copy);
    free(world);
    return 0;
}

/* The file in a folder whose name sorts last and ends with suffix: what is written to now. */
static struct scratch_file newest(const char *directory, const char *folder, const char *suffix)
{
    size_t count;
    struct scratch_file *files = scratch_list(directory, &count);
    struct scratch_file found = {.path = ""};

    for (size_t i = 0; i < count; i++) {
        const char *path = files[i].path;
        size_t len = strlen(path);

        if (strncmp(path, folder, strlen(folder)) == 0 && len > strlen(suffix) &&
            strcmp(path + len - strlen(suffix), suffix) == 0 && strcmp(path, found.path) > 0)
            found = files[i];
    }
    free(files);
    assert_true(found.path[0] != 0);
    return found;
}

static void grow(struct world *world, size_t count)
{
    struct err err = {0};

    world->before = world->after;
    world->log_before = newest(world->directory, "db/", ".log");
    world->segment_before = newest(world->directory, "segments/", ".entries");
    must(growing_log_commit(&world->after, world->store, count, &err), &err);
    world->log_after = newest(world->directory, "db/", ".log");
    world->segment_after = newest(world->directory, "segments/", ".entries");
}

/* Opens the copy, which must hold log; checks it, commits to it, opens it again. */
static void check_copy(struct world *world, const struct growing_log *want, size_t more)
{
    struct growing_log log = *want;
    struct store *store = NULL;
    struct err err = {0};

    must(scratch_open_store(&store, world->copy, SEGMENT_LEN_MAX, &err), &err);
    must(growing_log_check(&log, store, &err), &err);
    if (more > 0) {
        must(growing_log_resume(&log, store, &err), &err);
        must(growing_log_commit(&log, store, more, &err), &err);
        store_close(store);
        must(scratch_open_store(&store, world->copy, SEGMENT_LEN_MAX, &err), &err);
        must(growing_log_check(&log, store, &err), &err);
    }
    store_close(store);
    world->cuts++;
}

/* Cuts the write-ahead log inside the last commit's record, at every stride-th byte. */
static void cut_log(struct world *world, uint64_t stride)
{
    uint64_t end = world->log_after.len;

    assert_string_equal(world->log_before.path, world->log_after.path);
    assert_true(end > world->log_before.len);
    for (uint64_t len = world->log_before.len; len < end; len += stride) {
        scratch_copy_store(world->copy, world->directory);
        scratch_truncate(world->copy, world->log_after.path, len);
        check_copy(world, &world->before, len / stride % 16 == 0 ? 3 : 0);
    }
    scratch_copy_store(world->copy, world->directory);
    scratch_truncate(world->copy, world->log_after.path, end - 1);
    check_copy(world, &world->before, 5);
    scratch_copy_store(world->copy, world->directory);
    check_copy(world, &world->after, 5);
}

/* Cuts the segment inside the last commit's entries while the database knows nothing of them. */
static void cut_segment(struct world *world, uint64_t stride)
{
    bool same = strcmp(world->segment_before.path, world->segment_after.path) == 0;

    for (uint64_t len = same ? world->segment_before.len : 0; len <= world->segment_after.len;
         len += stride) {
        scratch_copy_store(world->copy, world->directory);
        scratch_truncate(world->copy, world->log_after.path, world->log_before.len);
        scratch_truncate(world->copy, world->segment_after.path, len);
        check_copy(world, &world->before, len / stride % 4 == 0 ? 300 : 0);
    }
}

/* A commit of one entry, cut at every byte of both files. */
static void cut_a_commit_of_one_entry(void **state)
{
    struct world *world = *state;

    grow(world, 3);
    grow(world, 1);
    cut_log(world, 1);
    cut_segment(world, 1);
    assert_true(world->cuts > 400);
}

/* A commit that fills a tile and begins a segment; its record spans blocks of the log. */
static void cut_a_commit_across_tiles(void **state)
{
    struct world *world = *state;

    grow(world, 250);
    grow(world, 300);
    assert_string_not_equal(world->segment_before.path, world->segment_after.path);
    cut_log(world, 131);
    cut_segment(world, 97);
}

/* Right after the creation, too. */
static void cut_the_first_commit(void **state)
{
    struct world *world = *state;

    grow(world, 1);
    cut_log(world, 3);
    cut_segment(world, 1);
}

/* The database never speaks of entries that are not there, and if it does, opening says so. */
static void cut_the_segment_below_the_head(void **state)
{
    struct world *world = *state;
    struct store *store = NULL;
    struct err err = {0};

    grow(world, 3);
    grow(world, 5);
    for (uint64_t len = 0; len < world->segment_after.len; len++) {
        scratch_copy_store(world->copy, world->directory);
        scratch_truncate(world->copy, world->segment_after.path, len);
        assert_false(scratch_open_store(&store, world->copy, SEGMENT_LEN_MAX, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
}

/* A power cut after a commit returned keeps that commit, however much was never synced. */
static void power_cut_after_each_commit(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COMMITS; i++) {
        grow(world, 1 + 37 * i);
        synced_files_copy_store(world->copy, world->directory);
        check_copy(world, &world->after, 3);
    }
}

/* The same while no tile was ever synced: opening computes them again. */
static void power_cut_with_unsynced_tiles(void **state)
{
    struct world *world = *state;
    struct err err = {0};

    store_close(world->store);
    must(scratch_open_store(&world->store, world->directory, 0, &err), &err);
    must(growing_log_resume(&world->after, world->store, &err), &err);
    for (size_t i = 0; i < COMMITS; i++) {
        grow(world, 1 + 37 * i);
        synced_files_copy_store(world->copy, world->directory);
        check_copy(world, &world->after, i % 3 == 0 ? 300 : 0);
    }
}

/* The same with the commit's own syncs left out is noticed: the test is able to fail. */
static void power_cut_after_an_unsynced_commit(void **state)
{
    struct world *world = *state;

    grow(world, 10);
    synced_files_ignore(true);
    grow(world, 10);
    synced_files_ignore(false);
    synced_files_copy_store(world->copy, world->directory);
    check_copy(world, &world->before, 3);
}

/* Copies taken right after each sync of one commit. */
struct sync_points {
    struct world *world;
    char *copies[64];
    size_t count;
};

static void copy_now(void *context)
{
    struct sync_points *points = context;
    char *copy;

    CHECK(points->count < 64);
    copy = mem_format("%s/point-%zu", points->world->scratch, points->count);
    synced_files_copy_store(copy, points->world->directory);
    points->copies[points->count++] = copy;
}

/* A power cut right after any sync inside a commit leaves the head before it or after it. */
static void power_cut_inside_each_commit(void **state)
{
    struct world *world = *state;
    struct sync_points points = {.world = world};
    char *copy = world->copy;

    for (size_t i = 0; i < COMMITS; i++) {
        synced_files_call(copy_now, &points);
        grow(world, 1 + 37 * i);
        synced_files_call(NULL, NULL);
        assert_true(points.count >= 2);
        for (size_t at = 0; at < points.count; at++) {
            world->copy = points.copies[at];
            check_copy(world, at + 1 == points.count ? &world->after : &world->before, 3);
            free(points.copies[at]);
        }
        points.count = 0;
    }
    world->copy = copy;
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(cut_a_commit_of_one_entry),    IN_A_WORLD(cut_a_commit_across_tiles),
        IN_A_WORLD(cut_the_first_commit),         IN_A_WORLD(cut_the_segment_below_the_head),
        IN_A_WORLD(power_cut_after_each_commit),  IN_A_WORLD(power_cut_after_an_unsynced_commit),
        IN_A_WORLD(power_cut_inside_each_commit), IN_A_WORLD(power_cut_with_unsynced_tiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
