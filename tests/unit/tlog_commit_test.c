#include "server/tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/cose.h"
#include "schemas/receipt.h"
#include "schemas/seal.h"
#include "server/tlog/tlog_read.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"
#include "tests/support/reference_tree.h"

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

/* Entry at index as the log gives it out, which checks it against the tree. */
static void read_entry(const struct log_fixture *fixture, struct buf *out, uint64_t index)
{
    struct err err = {0};

    if (!tlog_read_entry(fixture->store, out, NULL, index, &err))
        fail_msg("%s", err.text);
}

static void read_seal(const struct log_fixture *fixture, struct seal *out, uint64_t index)
{
    struct buf entry = {0};
    struct cose_sign1 statement;
    struct err err = {0};

    read_entry(fixture, &entry, index);
    assert_true(cose_sign1_decode(&statement, bytes_of_buf(&entry), &err));
    assert_true(seal_decode(out, statement.payload, &err));
    buf_cleanup(&entry);
}

/* The root of the first size entries, from their bytes. */
static struct hash reference_of(const struct log_fixture *fixture, uint64_t size)
{
    struct hash leaves[2048];
    struct hash root;

    assert_in_range(size, 0, 2048);
    for (uint64_t i = 0; i < size; i++) {
        struct buf entry = {0};

        read_entry(fixture, &entry, i);
        hash_leaf(&leaves[i], bytes_of_buf(&entry));
        buf_cleanup(&entry);
    }
    reference_root(&root, leaves, size);
    return root;
}

/* New entries get consecutive indexes in the order of the batch, and are found there. */
static void tlog_commit_new_entries(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};

    log_batch_add_range(&batch, fixture, 0, 5);
    commit(fixture, &batch);
    for (size_t i = 0; i < 5; i++) {
        struct buf entry = {0};

        assert_submission(&batch, i, TLOG_ADDED, i);
        read_entry(fixture, &entry, i);
        assert_true(bytes_equal(bytes_of_buf(&entry), batch.submissions[i].entry));
        buf_cleanup(&entry);
    }
    log_batch_cleanup(&batch);
}

/* An evidence log's commit ends with a seal that says what it took in, when, after which seal. */
static void tlog_commit_ends_with_seal(void **state)
{
    struct log_fixture *fixture = *state;
    struct hash zeros = {0};
    struct hash first_seal;
    struct hash root;
    struct seal seal;

    fixture->clock.now_ms = 1700000005000;
    log_fixture_commit(fixture, 0, 3);
    assert_int_equal(tlog_head(fixture->tlog)->size, 4);
    read_seal(fixture, &seal, 3);
    root = reference_of(fixture, 3);
    assert_int_equal(seal.first_index, 0);
    assert_int_equal(seal.entry_count, 3);
    assert_int_equal(seal.received_at_ms, 1700000005000);
    assert_true(hash_equal(&seal.root, &root));
    assert_true(hash_equal(&seal.previous, &zeros));
    first_seal = tlog_head(fixture->tlog)->seal;

    log_fixture_commit(fixture, 3, 5);
    assert_int_equal(tlog_head(fixture->tlog)->size, 7);
    read_seal(fixture, &seal, 6);
    assert_int_equal(seal.first_index, 4);
    assert_int_equal(seal.entry_count, 2);
    assert_true(hash_equal(&seal.previous, &first_seal));
}

/* Every seal names the newest witnessed head that the log has seen, from the first one on. */
static void tlog_commit_names_the_witnessed_head(void **state)
{
    struct log_fixture *fixture = *state;
    struct seal_witnessed witnessed = {.size = 4, .witnessed_at_ms = 77, .checkpoint_hash = {{9}}};
    struct seal seal;

    log_fixture_commit(fixture, 0, 3);
    read_seal(fixture, &seal, 3);
    assert_int_equal(seal.witnessed.size, 0);
    tlog_set_witnessed(fixture->tlog, &witnessed);
    log_fixture_commit(fixture, 3, 5);
    log_fixture_commit(fixture, 5, 6);
    read_seal(fixture, &seal, 8);
    assert_int_equal(seal.witnessed.size, 4);
    assert_int_equal(seal.witnessed.witnessed_at_ms, 77);
    assert_true(hash_equal(&seal.witnessed.checkpoint_hash, &witnessed.checkpoint_hash));
}

/* A frozen log signs nothing, and says why. */
static void tlog_freeze_refuses_commits(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct err err = {0};

    log_fixture_commit(fixture, 0, 3);
    tlog_freeze(fixture->tlog, "another tree is signed");
    tlog_freeze(fixture->tlog, "a second reason");
    assert_string_equal(tlog_read_only_reason(fixture->tlog), "another tree is signed");
    log_batch_add_range(&batch, fixture, 3, 4);
    assert_false(log_batch_commit(&batch, fixture, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_string_equal(err.text, "read-only: another tree is signed");
    assert_int_equal(tlog_head(fixture->tlog)->size, 4);
    log_batch_cleanup(&batch);
}

/* An opaque log holds what was submitted and nothing else. */
static void tlog_commit_opaque_without_seal(void **state)
{
    struct log_fixture *fixture = *state;

    log_fixture_commit(fixture, 0, 3);
    assert_int_equal(tlog_head(fixture->tlog)->size, 3);
    assert_int_equal(tlog_head(fixture->tlog)->previous_size, 0);
}

/* Head by head, the root is that of the entries, and both signatures verify. */
static void tlog_commit_signs_each_head(void **state)
{
    struct log_fixture *fixture = *state;
    uint64_t number = 0;

    for (uint64_t round = 1; round <= 30; round++) {
        const struct store_head *head;
        struct buf protected_header = {0};
        struct buf message = {0};
        struct proof proof;
        struct err err = {0};
        struct receipt receipt;
        struct buf entry = {0};
        struct hash leaf;
        struct hash root;

        log_fixture_commit(fixture, number, number + round);
        number += round;
        head = tlog_head(fixture->tlog);
        root = reference_of(fixture, head->size);
        assert_true(hash_equal(&root, &head->root));

        receipt_append_protected(&protected_header, fixture->keys.receipt, LOG_FIXTURE_ORIGIN);
        assert_true(tlog_read_inclusion(fixture->store, &proof, head->size / 2, head->size, &err));
        receipt_append_inclusion(&message, bytes_of_buf(&protected_header), head->receipt_signature,
                                 head->size / 2, head->size, &proof);
        read_entry(fixture, &entry, head->size / 2);
        hash_leaf(&leaf, bytes_of_buf(&entry));
        assert_true(receipt_decode(&receipt, bytes_of_buf(&message), &err));
        assert_true(
            receipt_verify_inclusion(&receipt, &leaf, fixture->keys.receipt->public_key, &root));
        assert_true(hash_equal(&root, &head->root));
        buf_cleanup(&entry);
        buf_cleanup(&message);
        buf_cleanup(&protected_header);
    }
}

/* The same entry twice in a batch is one entry, and both submitters get its index. */
static void tlog_commit_duplicate_in_batch(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};

    log_batch_add(&batch, fixture, 1);
    log_batch_add(&batch, fixture, 2);
    log_batch_add_copy(&batch, &batch, 0);
    log_batch_add(&batch, fixture, 3);
    log_batch_add_copy(&batch, &batch, 1);
    log_batch_add_copy(&batch, &batch, 0);
    commit(fixture, &batch);
    assert_submission(&batch, 0, TLOG_ADDED, 0);
    assert_submission(&batch, 1, TLOG_ADDED, 1);
    assert_submission(&batch, 2, TLOG_DUPLICATE, 0);
    assert_submission(&batch, 3, TLOG_ADDED, 2);
    assert_submission(&batch, 4, TLOG_DUPLICATE, 1);
    assert_submission(&batch, 5, TLOG_DUPLICATE, 0);
    log_batch_cleanup(&batch);
}

/* An entry that is in the log keeps its index, also after the log was closed and opened. */
static void tlog_commit_duplicate_in_store(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch first = {0};
    struct log_batch second = {0};
    uint64_t size;

    log_batch_add_range(&first, fixture, 0, 4);
    commit(fixture, &first);
    size = tlog_head(fixture->tlog)->size;
    log_fixture_reopen(fixture);
    log_batch_add(&second, fixture, 9);
    log_batch_add_copy(&second, &first, 2);
    commit(fixture, &second);
    assert_submission(&second, 0, TLOG_ADDED, size);
    assert_submission(&second, 1, TLOG_DUPLICATE, 2);
    log_batch_cleanup(&first);
    log_batch_cleanup(&second);
}

/* A statement that was signed again is the same statement: in the batch and in the store. */
static void tlog_commit_resigned_statement(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct log_batch later = {0};
    struct buf entry = {0};

    log_batch_add(&batch, fixture, 7);
    log_batch_add(&batch, fixture, 7);
    assert_false(bytes_equal(batch.submissions[0].entry, batch.submissions[1].entry));
    commit(fixture, &batch);
    assert_submission(&batch, 0, TLOG_ADDED, 0);
    assert_submission(&batch, 1, TLOG_DUPLICATE, 0);
    log_batch_add(&later, fixture, 7);
    commit(fixture, &later);
    assert_submission(&later, 0, TLOG_DUPLICATE, 0);
    read_entry(fixture, &entry, 0);
    assert_true(bytes_equal(bytes_of_buf(&entry), batch.submissions[0].entry));
    buf_cleanup(&entry);
    log_batch_cleanup(&batch);
    log_batch_cleanup(&later);
}

/* A batch without anything new writes nothing: no seal, no head, no head cell. */
static void tlog_commit_nothing_new(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    uint64_t size;
    uint64_t writes;

    log_batch_add_range(&batch, fixture, 0, 4);
    commit(fixture, &batch);
    size = tlog_head(fixture->tlog)->size;
    writes = fixture->cell.writes;
    commit(fixture, &batch);
    for (size_t i = 0; i < 4; i++)
        assert_submission(&batch, i, TLOG_DUPLICATE, i);
    assert_int_equal(tlog_head(fixture->tlog)->size, size);
    assert_int_equal(fixture->cell.writes, writes);
    assert_int_equal(store_faulty_calls(fixture->store, STORE_OPERATION_COMMIT), 1);
    log_batch_cleanup(&batch);
}

/* The largest batch, and the largest and the smallest entry, are taken. */
static void tlog_commit_at_the_limits(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct buf largest = {0};
    struct tlog_submission extremes[2];
    struct tlog_submission *pointers[2] = {&extremes[0], &extremes[1]};
    struct err err = {0};

    log_batch_add_range(&batch, fixture, 0, TLOG_BATCH_ENTRIES_MAX);
    commit(fixture, &batch);
    assert_int_equal(tlog_head(fixture->tlog)->size, TLOG_BATCH_ENTRIES_MAX);
    for (size_t i = 0; i < TLOG_BATCH_ENTRIES_MAX; i++)
        assert_submission(&batch, i, TLOG_ADDED, i);
    memset(buf_extend(&largest, STORE_ENTRY_LEN_MAX), 'x', STORE_ENTRY_LEN_MAX);
    log_submission_init(&extremes[0], LOG_OPAQUE, bytes_of_buf(&largest));
    log_submission_init(&extremes[1], LOG_OPAQUE, bytes_of(NULL, 0));
    assert_true(tlog_commit(fixture->tlog, pointers, 2, &err));
    log_fixture_reopen(fixture);
    buf_clear(&largest);
    read_entry(fixture, &largest, TLOG_BATCH_ENTRIES_MAX);
    assert_int_equal(largest.len, STORE_ENTRY_LEN_MAX);
    buf_cleanup(&largest);
    log_batch_cleanup(&batch);
}

/* Identities that begin with the same bytes are still different. */
static void tlog_commit_colliding_identities(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};

    log_batch_add_range(&batch, fixture, 0, 200);
    for (size_t i = 0; i < 200; i++)
        memset(batch.submissions[i].identity.bytes, 0, 4);
    batch.submissions[150].identity = batch.submissions[20].identity;
    commit(fixture, &batch);
    assert_submission(&batch, 149, TLOG_ADDED, 149);
    assert_submission(&batch, 150, TLOG_DUPLICATE, 20);
    assert_submission(&batch, 151, TLOG_ADDED, 150);
    log_batch_cleanup(&batch);
}

/* Receive time follows the clock forward and stands still while the clock is behind. */
static void tlog_commit_clock_goes_back(void **state)
{
    struct log_fixture *fixture = *state;

    fixture->clock.now_ms = 1800000000000;
    log_fixture_commit(fixture, 0, 1);
    fixture->clock.now_ms = 1700000000000;
    log_fixture_commit(fixture, 1, 2);
    assert_int_equal(tlog_head(fixture->tlog)->received_at_ms, 1800000000000);
    log_fixture_reopen(fixture);
    log_fixture_commit(fixture, 2, 3);
    assert_int_equal(tlog_head(fixture->tlog)->received_at_ms, 1800000000000);
    fixture->clock.now_ms = 1800000000001;
    log_fixture_commit(fixture, 3, 4);
    assert_int_equal(tlog_head(fixture->tlog)->received_at_ms, 1800000000001);
}

/* The head cell holds each head as soon as it is published. */
static void tlog_commit_writes_head_cell(void **state)
{
    struct log_fixture *fixture = *state;

    for (uint64_t i = 0; i < 3; i++) {
        const struct store_head *head = tlog_head(fixture->tlog);

        log_fixture_commit(fixture, i, i + 1);
        assert_int_equal(fixture->cell.mark.size, head->size);
        assert_int_equal(fixture->cell.mark.epoch, head->epoch);
        assert_true(hash_equal(&fixture->cell.mark.root, &head->root));
    }
}

#define EVIDENCE(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, log_fixture_set_up_evidence, log_fixture_tear_down)
#define OPAQUE(test)                                                                               \
    cmocka_unit_test_setup_teardown(test, log_fixture_set_up_opaque, log_fixture_tear_down)
#define BOTH(test) EVIDENCE(test), OPAQUE(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(tlog_commit_new_entries),
        EVIDENCE(tlog_commit_ends_with_seal),
        EVIDENCE(tlog_commit_names_the_witnessed_head),
        EVIDENCE(tlog_freeze_refuses_commits),
        OPAQUE(tlog_commit_opaque_without_seal),
        EVIDENCE(tlog_commit_signs_each_head),
        BOTH(tlog_commit_duplicate_in_batch),
        BOTH(tlog_commit_duplicate_in_store),
        EVIDENCE(tlog_commit_resigned_statement),
        BOTH(tlog_commit_nothing_new),
        OPAQUE(tlog_commit_at_the_limits),
        OPAQUE(tlog_commit_colliding_identities),
        BOTH(tlog_commit_clock_goes_back),
        BOTH(tlog_commit_writes_head_cell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
