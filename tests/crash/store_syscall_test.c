/*
 * Every system call of a commit fails once, in turn, until a commit passes without a failure. After
 * each failure the store refuses to go on, and opening it again gives the head before or after.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/store/growing_log.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"

enum { SEGMENT_LEN_MAX = 5000 };

/* One for the whole program, since system calls are. */
static struct {
    atomic_bool armed;
    _Atomic uint64_t calls_before; /* the fault */
    atomic_int errno_value;
    atomic_bool half; /* a write does half of its work before it fails */
    atomic_bool struck;
} fault;

/* Whether this call is the one that fails. After it, all calls work. */
static bool strikes(void)
{
    if (!atomic_load(&fault.armed))
        return false;
    if (atomic_fetch_sub(&fault.calls_before, 1) != 0)
        return false;
    atomic_store(&fault.armed, false);
    atomic_store(&fault.struck, true);
    return true;
}

static int fail_now(void)
{
    errno = atomic_load(&fault.errno_value);
    return -1;
}

/* These take the place of the C library's, also for LevelDB. */
ssize_t write(int fd, const void *data, size_t len)
{
    if (strikes()) {
        if (atomic_load(&fault.half))
            syscall(SYS_write, fd, data, len / 2);
        return fail_now();
    }
    return syscall(SYS_write, fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    if (strikes()) {
        if (atomic_load(&fault.half))
            syscall(SYS_pwrite64, fd, data, len / 2, offset);
        return fail_now();
    }
    return syscall(SYS_pwrite64, fd, data, len, offset);
}

int fdatasync(int fd)
{
    (void)fd;
    return strikes() ? fail_now() : 0;
}

int fsync(int fd)
{
    (void)fd;
    return strikes() ? fail_now() : 0;
}

int ftruncate(int fd, off_t len)
{
    return strikes() ? fail_now() : (int)syscall(SYS_ftruncate, fd, len);
}

int openat(int directory, const char *path, int flags, ...)
{
    va_list args;
    mode_t mode = 0;

    va_start(args, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(args, mode_t);
    va_end(args);
    return strikes() ? fail_now() : (int)syscall(SYS_openat, directory, path, flags, mode);
}

static void must(bool ok, const struct err *err)
{
    if (!ok)
        fail_msg("%s: %s", err_code_name(err->code), err->text);
}

struct world {
    char *scratch;
    char *directory;
    char *copy;
    struct growing_log log;
};

static int setup(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct store *store;
    struct err err = {0};

    world->scratch = scratch_new();
    world->directory = mem_format("%s/store", world->scratch);
    world->copy = mem_format("%s/copy", world->scratch);
    world->log = (struct growing_log){.seed = 13, .entry_len = 20, .with_sids = true};
    scratch_create_store(world->directory);
    must(scratch_open_store(&store, world->directory, SEGMENT_LEN_MAX, &err), &err);
    must(growing_log_resume(&world->log, store, &err), &err);
    must(growing_log_commit(&world->log, store, 250, &err), &err);
    store_close(store);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    scratch_remove(world->scratch);
    free(world->directory);
    free(world->copy);
    free(world);
    return 0;
}

static void arm(uint64_t calls_before, int errno_value, bool half)
{
    atomic_store(&fault.calls_before, calls_before);
    atomic_store(&fault.errno_value, errno_value);
    atomic_store(&fault.half, half);
    atomic_store(&fault.struck, false);
    atomic_store(&fault.armed, true);
}

/* What may be found after a failed commit: nothing of it, or all of it. */
static void check_after_failure(struct world *world, const struct growing_log *before,
                                const struct growing_log *after)
{
    struct growing_log log;
    struct store *store = NULL;
    struct store_head head;
    struct err err = {0};

    must(scratch_open_store(&store, world->copy, SEGMENT_LEN_MAX, &err), &err);
    must(store_read_head(store, &head, &err), &err);
    log = head.size == after->head.size ? *after : *before;
    must(growing_log_check(&log, store, &err), &err);
    must(growing_log_resume(&log, store, &err), &err);
    must(growing_log_commit(&log, store, 300, &err), &err);
    must(growing_log_check(&log, store, &err), &err);
    store_close(store);
}

/* Commits with the n-th call failing. False when the commit passed before that call came. */
static bool commit_with_fault(struct world *world, uint64_t n, int errno_value, bool half)
{
    struct growing_log before = world->log;
    struct growing_log after;
    struct growing_commit growing;
    struct store *store = NULL;
    struct err err = {0};
    bool ok;

    scratch_copy_store(world->copy, world->directory);
    must(scratch_open_store(&store, world->copy, SEGMENT_LEN_MAX, &err), &err);
    must(growing_log_resume(&before, store, &err), &err);
    after = before;
    growing_log_prepare(&before, &growing, 300);
    after.head = growing.commit.head;
    after.frontier = growing.frontier;
    arm(n, errno_value, half);
    ok = store_commit(store, &growing.commit, &err);
    atomic_store(&fault.armed, false);
    assert_int_equal(ok, !atomic_load(&fault.struck));
    if (!ok) {
        assert_int_equal(err.code, ERR_IO);
        assert_false(store_commit(store, &growing.commit, &err));
        assert_int_equal(err.code, ERR_IO);
    }
    store_close(store);
    growing_commit_cleanup(&growing);
    check_after_failure(world, &before, &after);
    return !ok;
}

static void fail_each_call(struct world *world, int errno_value, bool half)
{
    uint64_t n = 0;

    while (commit_with_fault(world, n, errno_value, half))
        n++;
    /* At least: cut, write, sync, new segment, write, sync, sync directory, LevelDB's two. */
    assert_true(n >= 9);
}

/* An input/output error in any call of a commit leaves the old head or the new one. */
static void commit_with_an_error_in_each_call(void **state)
{
    fail_each_call(*state, EIO, false);
}

/* A disk that is full at any call does, too, also when half of the bytes went in. */
static void commit_with_a_full_disk_at_each_call(void **state)
{
    fail_each_call(*state, ENOSPC, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commit_with_an_error_in_each_call, setup, teardown),
        cmocka_unit_test_setup_teardown(commit_with_a_full_disk_at_each_call, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
