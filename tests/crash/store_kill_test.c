/*
 * A process that commits as fast as it can is killed, again and again, on the same store. With
 * small buffers LevelDB changes files all the time, so the kills meet it in every state.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "server/store/store_leveldb.h"
#include "tests/store/growing_log.h"
#include "tests/store/scratch.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/store_memory.h"

enum { ROUNDS = 15, ENTRY_LEN = 60 };

static struct growing_log new_log(void)
{
    return (struct growing_log){.seed = 17, .entry_len = ENTRY_LEN, .with_sids = true};
}

/* Entries in the commit that extends this size: the same in the child and in the parent. */
static size_t batch_at(uint64_t size)
{
    return (size_t)(size * 2654435761u % 400) + 1;
}

static bool open_store(struct store **out, const char *directory, struct err *err)
{
    struct store_leveldb_options options = {
        .directory = directory,
        .cache_bytes = 1 << 20,
        .write_buffer_bytes = 64 << 10,
        .segment_len_max = 20000,
    };

    return store_leveldb_open(out, &options, err);
}

/* The child: commits for ever, writing the size of each promised head to standard output. */
static _Noreturn void commit_until_killed(const char *directory)
{
    struct growing_log log = new_log();
    struct store *store = NULL;
    struct err err = {0};

    if (!open_store(&store, directory, &err) || !growing_log_resume(&log, store, &err))
        _exit(1);
    while (growing_log_commit(&log, store, batch_at(log.head.size), &err) &&
           file_write_all(STDOUT_FILENO, bytes_of(&log.head.size, sizeof(log.head.size)), &err))
        continue;
    _exit(1);
}

/* Runs a child until it has promised `promises` heads, kills it; the size it promised last. */
static uint64_t run_and_kill(const char *directory, unsigned promises)
{
    uint64_t size = 0;
    uint64_t next;
    int fds[2];
    int status;
    pid_t child;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* A new program image: LevelDB's background thread does not survive a fork alone. */
        dup2(fds[1], STDOUT_FILENO);
        execl("/proc/self/exe", "crash_store_kill_test", directory, (char *)NULL);
        _exit(1);
    }
    close(fds[1]);
    for (unsigned i = 0; i < promises; i++) {
        assert_int_equal(read(fds[0], &next, sizeof(next)), sizeof(next));
        size = next;
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    while (read(fds[0], &next, sizeof(next)) == sizeof(next))
        size = next;
    close(fds[0]);
    assert_true(WIFSIGNALED(status));
    return size;
}

/* Every promised head survives, at most one commit more is there, and all of it reads right. */
static void kill_while_committing(void **state)
{
    struct store_identity_card card = growing_log_card();
    struct store_head first = growing_log_first_head();
    struct memory_disk *disk = memory_disk_new(&card, &first);
    struct store *mirror = store_memory_open(disk);
    struct growing_log log = new_log();
    char *scratch = scratch_new();
    char *directory = mem_format("%s/store", scratch);
    struct err err = {0};

    (void)state;
    scratch_create_store(directory);
    assert_true(growing_log_resume(&log, mirror, &err));
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t promised = run_and_kill(directory, 1 + round * 7 % 11);
        struct store *store = NULL;
        struct store_head head;

        if (!open_store(&store, directory, &err) || !store_read_head(store, &head, &err))
            fail_msg("round %u: %s", round, err.text);
        assert_true(head.size >= promised);
        while (log.head.size < head.size)
            assert_true(growing_log_commit(&log, mirror, batch_at(log.head.size), &err));
        assert_true(log.head.size == promised || log.head.previous_size == promised);
        if (!growing_log_check(&log, store, &err))
            fail_msg("round %u: %s", round, err.text);
        store_close(store);
    }
    store_close(mirror);
    memory_disk_free(disk);
    scratch_remove(scratch);
    free(directory);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kill_while_committing)};

    if (argc > 1)
        commit_until_killed(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
