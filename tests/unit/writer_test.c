#include "server/http/writer.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "server/http/head_view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"

/* A log, its writer, and one HTTP thread's outbox: the test's own thread plays that thread. */
struct world {
    struct log_fixture log;
    struct snapshot_cell heads;
    struct snapshot_cell issuers;
    struct outbox outbox;
    struct writer_options options;
    struct writer *writer;
};

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct err err = {0};

    diag_set_level(DIAG_ERROR);
    log_fixture_init(&world->log, LOG_OPAQUE);
    snapshot_cell_init(&world->heads);
    snapshot_cell_init(&world->issuers);
    CHECK(outbox_init(&world->outbox, &err));
    world->options = (struct writer_options){
        .tlog = world->log.tlog,
        .store = world->log.store,
        .kind = LOG_OPAQUE,
        .heads = &world->heads,
        .issuers = &world->issuers,
        .origin = LOG_FIXTURE_ORIGIN,
        .queue_entries_max = 10,
        .queue_bytes_max = 1000,
    };
    CHECK(writer_start(&world->writer, &world->options, &err));
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    writer_stop(world->writer);
    outbox_cleanup(&world->outbox);
    snapshot_cell_cleanup(&world->heads);
    snapshot_cell_cleanup(&world->issuers);
    log_fixture_cleanup(&world->log);
    free(world);
    return 0;
}

static void job_init(struct job *job, struct world *world, struct log_batch *batch)
{
    *job = (struct job){
        .errand = {.outbox = &world->outbox}, .submissions = batch->submissions,
        .count = batch->count};
    for (size_t i = 0; i < batch->count; i++)
        job->bytes += batch->submissions[i].entry.len;
}

/* Waits for the wake-up that comes with finished jobs. */
static struct errand_list take_finished(struct world *world)
{
    struct pollfd wake = {.fd = world->outbox.event_fd, .events = POLLIN};

    assert_int_equal(poll(&wake, 1, 60000), 1);
    return outbox_take(&world->outbox);
}

static uint64_t published_size(struct world *world)
{
    struct snapshot_view view = {.cell = &world->heads};
    uint64_t size = ((struct head_view *)snapshot_view_refresh(&view))->head.size;

    snapshot_view_cleanup(&view);
    return size;
}

/* What is handed back is in the head that readers see by then. */
static void writer_submit_commits_and_publishes(void **state)
{
    struct world *world = *state;
    struct log_batch batch = {0};
    struct problem problem = {0};
    struct errand_list finished;
    struct job job;

    assert_int_equal(published_size(world), 0);
    log_batch_add_range(&batch, &world->log, 0, 3);
    job_init(&job, world, &batch);
    assert_true(writer_submit(world->writer, &job, &problem));
    finished = take_finished(world);
    assert_ptr_equal(errand_list_take_first(&finished), &job);
    assert_null(errand_list_take_first(&finished));
    assert_int_equal(job.outcome, JOB_COMMITTED);
    assert_int_equal(published_size(world), 3);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(batch.submissions[i].outcome, TLOG_ADDED);
        assert_int_equal(batch.submissions[i].index, i);
    }
    assert_int_equal(writer_queue_entries(world->writer), 0);
    log_batch_cleanup(&batch);
}

/* A job that does not fit is refused at once, in entries as in bytes, and nothing is queued. */
static void writer_submit_beyond_limits(void **state)
{
    struct world *world = *state;
    struct log_batch batch = {0};
    struct problem problem = {0};
    struct job job;

    log_batch_add_range(&batch, &world->log, 0, 11);
    job_init(&job, world, &batch);
    job.bytes = 1;
    assert_false(writer_submit(world->writer, &job, &problem));
    assert_int_equal(problem.kind, PROBLEM_BUSY);
    assert_int_equal(problem.retry_after_s, 1);
    job.count = 1;
    job.bytes = 1001;
    assert_false(writer_submit(world->writer, &job, &problem));
    assert_int_equal(problem.kind, PROBLEM_BUSY);
    assert_int_equal(writer_queue_entries(world->writer), 0);
    assert_int_equal(published_size(world), 0);
    log_batch_cleanup(&batch);
}

/* Once another process has the store, entries are handed back unlogged and no more are taken. */
static void writer_submit_fenced(void **state)
{
    struct world *world = *state;
    struct store *rival = store_memory_open(world->log.disk);
    struct log_batch batch = {0};
    struct problem problem = {0};
    struct job job;

    log_batch_add_range(&batch, &world->log, 0, 1);
    job_init(&job, world, &batch);
    assert_true(writer_submit(world->writer, &job, &problem));
    take_finished(world);
    assert_int_equal(job.outcome, JOB_READ_ONLY);
    assert_false(writer_ready(world->writer, &problem));
    assert_int_equal(problem.kind, PROBLEM_READ_ONLY);
    assert_false(writer_submit(world->writer, &job, &problem));
    assert_int_equal(published_size(world), 0);
    store_close(rival);
    log_batch_cleanup(&batch);
}

/* A signer that fails costs its batch, which may come again, and nothing else. */
static void writer_submit_signer_fails(void **state)
{
    struct world *world = *state;
    struct log_batch batch = {0};
    struct problem problem = {0};
    struct job job;

    world->log.checkpoint.next_fails = true;
    log_batch_add_range(&batch, &world->log, 0, 1);
    job_init(&job, world, &batch);
    assert_true(writer_submit(world->writer, &job, &problem));
    take_finished(world);
    assert_int_equal(job.outcome, JOB_NOT_NOW);
    assert_int_equal(published_size(world), 0);
    job_init(&job, world, &batch);
    assert_true(writer_submit(world->writer, &job, &problem));
    take_finished(world);
    assert_int_equal(job.outcome, JOB_COMMITTED);
    assert_int_equal(published_size(world), 1);
    log_batch_cleanup(&batch);
}

/* The child's part: a commit of unknown outcome; it must not come back from here. */
static void commit_and_fail(enum store_fault fault)
{
    void *state = NULL;
    struct world *world;
    struct log_batch batch = {0};
    struct problem problem = {0};
    struct job job;

    set_up(&state);
    world = state;
    store_faulty_arm(world->log.store, STORE_OPERATION_COMMIT, fault, 0, 0);
    log_batch_add_range(&batch, &world->log, 0, 1);
    job_init(&job, world, &batch);
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
    CHECK(writer_submit(world->writer, &job, &problem));
    take_finished(world);
    _exit(77); /* it was answered */
}

/* A commit that fails, whether or not it was kept, ends the process before anyone is answered. */
static void writer_submit_commit_fails(void **state)
{
    static const enum store_fault faults[] = {STORE_FAULT_ERROR, STORE_FAULT_KEPT};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pid_t child = fork();
        int status;

        if (child == 0)
            commit_and_fail(faults[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
    }
}

/* Stopping commits what is queued and hands it back. */
static void writer_stop_finishes_queue(void **state)
{
    struct world *world = *state;
    struct log_batch batches[5] = {0};
    struct problem problem = {0};
    struct errand_list finished;
    struct job jobs[5];
    size_t count = 0;

    for (uint64_t i = 0; i < 5; i++) {
        log_batch_add_range(&batches[i], &world->log, 2 * i, 2 * i + 2);
        job_init(&jobs[i], world, &batches[i]);
        assert_true(writer_submit(world->writer, &jobs[i], &problem));
    }
    writer_stop(world->writer);
    world->writer = NULL;
    finished = outbox_take(&world->outbox);
    while (errand_list_take_first(&finished) != NULL)
        count++;
    assert_int_equal(count, 5);
    assert_int_equal(published_size(world), 10);
    for (size_t i = 0; i < 5; i++)
        log_batch_cleanup(&batches[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writer_submit_commits_and_publishes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writer_submit_beyond_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writer_submit_fenced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writer_submit_signer_fails, set_up, tear_down),
        cmocka_unit_test(writer_submit_commit_fails),
        cmocka_unit_test_setup_teardown(writer_stop_finishes_queue, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
