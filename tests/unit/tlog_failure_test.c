/* tlog_commit when something below it fails. */
#include "server/tlog/tlog.h"

#include <stdlib.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"

static void commit(struct log_fixture *fixture, struct log_batch *batch)
{
    struct err err = {0};

    if (!log_batch_commit(batch, fixture, &err))
        fail_msg("%s", err.text);
}

static void assert_submission(const struct log_batch *batch, size_t position,
                              enum tlog_outcome outcome, uint64_t index)
{
    assert_int_equal(batch->submissions[position].outcome, outcome);
    assert_int_equal(batch->submissions[position].index, index);
}

/* Whichever signer fails, nothing is written and the same batch goes through afterwards. */
static void tlog_commit_signer_fails(void **state)
{
    struct log_fixture *fixture = *state;
    struct signer_failing *signers[] = {&fixture->log, &fixture->checkpoint, &fixture->receipt};

    for (size_t i = 0; i < 3; i++) {
        struct log_batch batch = {0};
        struct err err = {0};
        uint64_t size = tlog_head(fixture->tlog)->size;

        log_batch_add(&batch, fixture, i);
        signers[i]->next_fails = true;
        assert_false(log_batch_commit(&batch, fixture, &err));
        assert_int_equal(err.code, ERR_IO);
        assert_null(tlog_failure(fixture->tlog));
        assert_int_equal(tlog_head(fixture->tlog)->size, size);
        commit(fixture, &batch);
        assert_submission(&batch, 0, TLOG_ADDED, size);
        log_batch_cleanup(&batch);
    }
    assert_int_equal(store_faulty_calls(fixture->store, STORE_OPERATION_COMMIT), 3);
}

/* A look-up that fails leaves the log as it was. */
static void tlog_commit_find_fails(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct err err = {0};

    log_batch_add(&batch, fixture, 0);
    store_faulty_arm(fixture->store, STORE_OPERATION_FIND, STORE_FAULT_ERROR, 0, 0);
    assert_false(log_batch_commit(&batch, fixture, &err));
    assert_null(tlog_failure(fixture->tlog));
    commit(fixture, &batch);
    log_batch_cleanup(&batch);
}

/* An identity index that leads to another entry is noticed before the index is given out. */
static void tlog_commit_find_lies(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};

    log_batch_add_range(&batch, fixture, 0, 4);
    commit(fixture, &batch);
    for (uint64_t bit = 0; bit < 64; bit++) {
        struct err err = {0};

        store_faulty_arm(fixture->store, STORE_OPERATION_FIND, STORE_FAULT_FLIPPED, 0, bit);
        assert_false(log_batch_commit(&batch, fixture, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    log_batch_cleanup(&batch);
}

/* After the store reports a failure nothing more is tried, and reopening decides what happened. */
static void tlog_commit_store_fails(void **state)
{
    struct log_fixture *fixture = *state;

    for (uint64_t round = 0; round < 2; round++) {
        bool kept = round == 1;
        struct log_batch batch = {0};
        struct err err = {0};
        uint64_t size = tlog_head(fixture->tlog)->size;
        uint64_t calls = store_faulty_calls(fixture->store, STORE_OPERATION_COMMIT);

        log_batch_add(&batch, fixture, round);
        store_faulty_arm(fixture->store, STORE_OPERATION_COMMIT,
                         kept ? STORE_FAULT_KEPT : STORE_FAULT_ERROR, 0, 0);
        assert_false(log_batch_commit(&batch, fixture, &err));
        assert_non_null(tlog_failure(fixture->tlog));
        assert_int_equal(tlog_head(fixture->tlog)->size, size);
        assert_false(log_batch_commit(&batch, fixture, &err));
        assert_int_equal(store_faulty_calls(fixture->store, STORE_OPERATION_COMMIT), calls + 1);
        log_fixture_reopen(fixture);
        assert_null(tlog_read_only_reason(fixture->tlog));
        commit(fixture, &batch);
        assert_submission(&batch, 0, kept ? TLOG_DUPLICATE : TLOG_ADDED, size);
        log_batch_cleanup(&batch);
    }
}

/* When the head cell cannot be written, nothing is acknowledged and the process must stop. */
static void tlog_commit_head_cell_fails(void **state)
{
    struct log_fixture *fixture = *state;
    enum head_cell_fault faults[] = {HEAD_CELL_FAULT_ERROR, HEAD_CELL_FAULT_KEPT};

    for (uint64_t i = 0; i < 2; i++) {
        struct log_batch batch = {0};
        struct err err = {0};
        uint64_t size = tlog_head(fixture->tlog)->size;

        log_batch_add(&batch, fixture, i);
        fixture->cell.next_write = faults[i];
        assert_false(log_batch_commit(&batch, fixture, &err));
        assert_non_null(tlog_failure(fixture->tlog));
        assert_int_equal(tlog_head(fixture->tlog)->size, size);
        log_fixture_reopen(fixture);
        assert_null(tlog_read_only_reason(fixture->tlog));
        assert_int_equal(fixture->cell.mark.size, tlog_head(fixture->tlog)->size);
        commit(fixture, &batch);
        assert_submission(&batch, 0, TLOG_DUPLICATE, size);
        log_batch_cleanup(&batch);
    }
}

/* A log whose store was opened by another process since can commit nothing more. */
static void tlog_commit_fenced(void **state)
{
    struct log_fixture *fixture = *state;
    struct store *other = store_memory_open(fixture->disk);
    struct log_batch batch = {0};
    struct store_head head;
    struct err err = {0};

    log_batch_add(&batch, fixture, 0);
    assert_false(log_batch_commit(&batch, fixture, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(tlog_failure(fixture->tlog));
    assert_true(store_read_head(other, &head, &err));
    assert_int_equal(head.size, 0);
    store_close(other);
    log_batch_cleanup(&batch);
}

#define EVIDENCE(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, log_fixture_set_up_evidence, log_fixture_tear_down)
#define OPAQUE(test)                                                                               \
    cmocka_unit_test_setup_teardown(test, log_fixture_set_up_opaque, log_fixture_tear_down)
#define BOTH(test) EVIDENCE(test), OPAQUE(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVIDENCE(tlog_commit_signer_fails), BOTH(tlog_commit_find_fails),
        BOTH(tlog_commit_find_lies),        BOTH(tlog_commit_store_fails),
        BOTH(tlog_commit_head_cell_fails),  BOTH(tlog_commit_fenced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
