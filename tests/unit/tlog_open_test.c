#include "server/tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"

/* Commits `count` batches of three entries, numbered from `from` on. */
static void commit_batches(struct log_fixture *fixture, uint64_t from, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        log_fixture_commit(fixture, from + 3 * i, from + 3 * i + 3);
}

static void assert_open_fails(struct log_fixture *fixture, enum err_code code)
{
    struct err err = {0};

    log_fixture_close(fixture);
    assert_false(log_fixture_open(fixture, &err));
    assert_int_equal(err.code, code);
}

/* Opens read-only, for a reason that contains `why`, and then refuses to write anything. */
static void assert_opens_read_only(struct log_fixture *fixture, const char *why)
{
    struct log_batch batch = {0};
    struct err err = {0};
    struct head_mark mark = fixture->cell.mark;
    uint64_t size;

    log_fixture_reopen(fixture);
    assert_non_null(tlog_read_only_reason(fixture->tlog));
    assert_non_null(strstr(tlog_read_only_reason(fixture->tlog), why));
    size = tlog_head(fixture->tlog)->size;
    log_batch_add(&batch, fixture, 1000);
    assert_false(log_batch_commit(&batch, fixture, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_null(tlog_failure(fixture->tlog));
    assert_int_equal(tlog_head(fixture->tlog)->size, size);
    assert_int_equal(store_faulty_calls(fixture->store, STORE_OPERATION_COMMIT), 0);
    assert_memory_equal(&fixture->cell.mark, &mark, sizeof(mark));
    log_batch_cleanup(&batch);
}

static void assert_opens_writable(struct log_fixture *fixture)
{
    log_fixture_reopen(fixture);
    assert_null(tlog_read_only_reason(fixture->tlog));
    log_fixture_commit(fixture, 2000, 2001);
}

/* A new log has the empty tree as its head and can be written to. */
static void tlog_open_new(void **state)
{
    struct log_fixture *fixture = *state;
    struct hash empty;

    hash_empty_root(&empty);
    assert_int_equal(tlog_head(fixture->tlog)->size, 0);
    assert_true(hash_equal(&tlog_head(fixture->tlog)->root, &empty));
    assert_null(tlog_read_only_reason(fixture->tlog));
}

/* At every size the head is found again as it was, one epoch later, and the log goes on. */
static void tlog_open_again(void **state)
{
    struct log_fixture *fixture = *state;

    for (uint64_t i = 0; i < 40; i++) {
        struct store_head before;

        log_fixture_commit(fixture, 10 * i, 10 * i + 1 + i % 7);
        before = *tlog_head(fixture->tlog);
        log_fixture_reopen(fixture);
        assert_null(tlog_read_only_reason(fixture->tlog));
        assert_int_equal(tlog_head(fixture->tlog)->epoch, before.epoch + 1);
        before.epoch++;
        assert_memory_equal(tlog_head(fixture->tlog), &before, sizeof(before));
    }
}

/* A store belongs to one origin. */
static void tlog_open_other_origin(void **state)
{
    struct log_fixture *fixture = *state;

    fixture->options.origin = "log.example/other";
    assert_open_fails(fixture, ERR_REFUSED);
}

/* A store is of one kind for ever. */
static void tlog_open_other_kind(void **state)
{
    struct log_fixture *fixture = *state;

    struct err err = {0};

    log_fixture_close(fixture);
    fixture->options.kind = LOG_OPAQUE;
    assert_false(log_fixture_open(fixture, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "of an evidence log"));
}

/* A store belongs to one checkpoint key, one receipt key and one log key. */
static void tlog_open_other_keys(void **state)
{
    struct log_fixture *fixture = *state;
    struct tlog_options options = fixture->options;
    struct log_keys others;

    commit_batches(fixture, 0, 1);
    log_keys_init(&others);
    fixture->options.checkpoint_signer = others.checkpoint;
    assert_open_fails(fixture, ERR_REFUSED);
    fixture->options = options;
    fixture->options.receipt_signer = others.receipt;
    assert_open_fails(fixture, ERR_REFUSED);
    fixture->options = options;
    fixture->options.log_signer = others.log;
    assert_open_fails(fixture, ERR_REFUSED);
    fixture->options = options;
    assert_opens_writable(fixture);
    log_keys_cleanup(&others);
}

/* Keys of the wrong type are a configuration mistake. */
static void tlog_open_wrong_key_type(void **state)
{
    struct log_fixture *fixture = *state;
    struct tlog_options options = fixture->options;

    fixture->options.checkpoint_signer = options.log_signer;
    assert_open_fails(fixture, ERR_INVALID);
    fixture->options = options;
    fixture->options.receipt_signer = options.checkpoint_signer;
    assert_open_fails(fixture, ERR_INVALID);
    fixture->options = options;
    fixture->options.log_signer = options.checkpoint_signer;
    assert_open_fails(fixture, ERR_INVALID);
}

/* Opening fails when one bit of the newest head, from bit `begin` to `end`, is flipped. */
static void assert_flips_noticed(struct log_fixture *fixture, size_t begin, size_t end)
{
    for (size_t bit = 8 * begin; bit < 8 * end; bit += 3) {
        struct err err = {0};

        tlog_close(fixture->tlog);
        fixture->tlog = NULL;
        store_faulty_arm(fixture->store, STORE_OPERATION_READ_HEAD, STORE_FAULT_FLIPPED, 0, bit);
        assert_false(log_fixture_open(fixture, &err));
        assert_true(err.code == ERR_CORRUPT || err.code == ERR_REFUSED);
    }
}

/*
 * One flipped bit anywhere in the newest head of an evidence log is noticed, save in the epoch,
 * which nothing but the store's own comparison depends on.
 */
static void tlog_open_flipped_head(void **state)
{
    struct log_fixture *fixture = *state;

    commit_batches(fixture, 0, 2);
    assert_flips_noticed(fixture, offsetof(struct store_head, size), sizeof(struct store_head));
}

/* Without a seal the times and sizes before are nobody's word, but all the rest is checked. */
static void tlog_open_flipped_unsealed_head(void **state)
{
    struct log_fixture *fixture = *state;

    if (fixture->kind == LOG_OPAQUE)
        commit_batches(fixture, 0, 2);
    assert_flips_noticed(fixture, offsetof(struct store_head, size),
                         offsetof(struct store_head, previous_size));
    assert_flips_noticed(fixture, offsetof(struct store_head, seal), sizeof(struct store_head));
}

/* Nothing came before the empty tree. */
static void tlog_open_flipped_empty_head(void **state)
{
    struct log_fixture *fixture = *state;

    assert_flips_noticed(fixture, offsetof(struct store_head, previous_size),
                         offsetof(struct store_head, received_at_ms));
}

/* One flipped bit in the right edge is noticed: it does not lead to the signed root any more. */
static void tlog_open_flipped_right_edge(void **state)
{
    struct log_fixture *fixture = *state;

    commit_batches(fixture, 0, 5);
    tlog_close(fixture->tlog);
    fixture->tlog = NULL;
    for (uint64_t bit = 0; bit < 1024; bit += 5) {
        struct err err = {0};

        store_faulty_arm(fixture->store, STORE_OPERATION_READ_NODES, STORE_FAULT_FLIPPED, 0, bit);
        assert_false(log_fixture_open(fixture, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
}

/* One flipped bit in the last seal is noticed. */
static void tlog_open_flipped_seal(void **state)
{
    struct log_fixture *fixture = *state;

    commit_batches(fixture, 0, 2);
    tlog_close(fixture->tlog);
    fixture->tlog = NULL;
    for (uint64_t bit = 0; bit < 4096; bit += 7) {
        struct err err = {0};

        store_faulty_arm(fixture->store, STORE_OPERATION_LOCATE_ENTRIES, STORE_FAULT_FLIPPED, 0,
                         bit);
        assert_false(log_fixture_open(fixture, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
}

/* A read that fails while opening fails the opening, and the next one works. */
static void tlog_open_read_fails(void **state)
{
    struct log_fixture *fixture = *state;
    enum store_operation operations[] = {
        STORE_OPERATION_READ_CARD,
        STORE_OPERATION_READ_HEAD,
        STORE_OPERATION_READ_NODES,
        STORE_OPERATION_LOCATE_ENTRIES,
    };

    commit_batches(fixture, 0, 2);
    tlog_close(fixture->tlog);
    fixture->tlog = NULL;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        struct err err = {0};

        store_faulty_arm(fixture->store, operations[i], STORE_FAULT_ERROR, 0, 0);
        assert_false(log_fixture_open(fixture, &err));
        assert_int_equal(err.code, ERR_IO);
    }
    fixture->cell.next_read_fails = true;
    assert_open_fails(fixture, ERR_IO);
    assert_opens_writable(fixture);
}

/* The mark is one commit behind, as a crash leaves it: it is brought up to date. */
static void tlog_open_mark_one_behind(void **state)
{
    struct log_fixture *fixture = *state;

    for (uint64_t i = 0; i < 3; i++) {
        struct head_mark mark = fixture->cell.mark;

        commit_batches(fixture, 3 * i, 1);
        fixture->cell.mark = mark;
        log_fixture_reopen(fixture);
        assert_null(tlog_read_only_reason(fixture->tlog));
        assert_int_equal(fixture->cell.mark.size, tlog_head(fixture->tlog)->size);
        assert_true(hash_equal(&fixture->cell.mark.root, &tlog_head(fixture->tlog)->root));
    }
    assert_opens_writable(fixture);
}

/* When bringing the mark up to date fails, the opening fails. */
static void tlog_open_mark_write_fails(void **state)
{
    struct log_fixture *fixture = *state;
    struct head_mark mark = fixture->cell.mark;

    commit_batches(fixture, 0, 1);
    fixture->cell.mark = mark;
    fixture->cell.next_write = HEAD_CELL_FAULT_ERROR;
    assert_open_fails(fixture, ERR_IO);
    assert_opens_writable(fixture);
}

/* The mark is two commits behind: one of them was never published, so this is not a crash. */
static void tlog_open_mark_two_behind(void **state)
{
    struct log_fixture *fixture = *state;
    struct head_mark mark;

    commit_batches(fixture, 0, 2);
    mark = fixture->cell.mark;
    commit_batches(fixture, 6, 2);
    fixture->cell.mark = mark;
    assert_opens_read_only(fixture, "more than one commit");
}

/* The mark is ahead: the store went back in time. */
static void tlog_open_store_went_back(void **state)
{
    struct log_fixture *fixture = *state;
    struct memory_disk *backup;
    struct memory_disk *lost;

    commit_batches(fixture, 0, 2);
    backup = memory_disk_copy(fixture->disk);
    commit_batches(fixture, 6, 1);
    log_fixture_close(fixture);
    lost = fixture->disk;
    fixture->disk = backup;
    assert_opens_read_only(fixture, "back in time");
    log_fixture_close(fixture);
    memory_disk_free(backup);
    fixture->disk = lost;
    assert_opens_writable(fixture);
}

/* The same size as published, of an older copy: it may have been opened elsewhere since. */
static void tlog_open_older_epoch(void **state)
{
    struct log_fixture *fixture = *state;

    commit_batches(fixture, 0, 2);
    fixture->cell.mark.epoch += 1; /* as if somebody had opened the original */
    assert_opens_read_only(fixture, "older copy");
    fixture->cell.mark.epoch += 5;
    assert_opens_read_only(fixture, "older copy");
}

/* Another root was published for the store's size, or for the one before. */
static void tlog_open_other_root(void **state)
{
    struct log_fixture *fixture = *state;
    struct head_mark before;
    struct head_mark after;

    commit_batches(fixture, 0, 2);
    before = fixture->cell.mark;
    commit_batches(fixture, 6, 1);
    after = fixture->cell.mark;
    for (size_t byte = 0; byte < HASH_LEN; byte++) {
        fixture->cell.mark = before;
        fixture->cell.mark.root.bytes[byte] ^= 1;
        assert_opens_read_only(fixture, "another root");
        fixture->cell.mark = after;
        fixture->cell.mark.root.bytes[byte] ^= 1;
        assert_opens_read_only(fixture, "another root");
    }
}

/* Without a mark, or with a damaged one, a roll-back could not be told: read-only. */
static void tlog_open_without_mark(void **state)
{
    struct log_fixture *fixture = *state;

    commit_batches(fixture, 0, 1);
    fixture->cell.state = HEAD_CELL_EMPTY;
    assert_opens_read_only(fixture, "not known");
    fixture->cell.state = HEAD_CELL_DAMAGED;
    assert_opens_read_only(fixture, "not known");
    fixture->cell.state = HEAD_CELL_HOLDS;
    assert_opens_writable(fixture);
}

/* The first head is refused an origin that could not be a checkpoint's, and a failing signer. */
static void tlog_first_head_refused(void **state)
{
    struct log_fixture *fixture = *state;
    struct store_head head;
    struct err err = {0};

    assert_false(tlog_first_head(&head, "two words", &fixture->checkpoint.signer, 0, &err));
    assert_int_equal(err.code, ERR_INVALID);
    fixture->checkpoint.next_fails = true;
    assert_false(tlog_first_head(&head, "log.example", &fixture->checkpoint.signer, 0, &err));
    assert_int_equal(err.code, ERR_IO);
}

#define EVIDENCE(test)                                                                             \
    cmocka_unit_test_setup_teardown(test, log_fixture_set_up_evidence, log_fixture_tear_down)
#define OPAQUE(test)                                                                               \
    cmocka_unit_test_setup_teardown(test, log_fixture_set_up_opaque, log_fixture_tear_down)
#define BOTH(test) EVIDENCE(test), OPAQUE(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(tlog_open_new),
        BOTH(tlog_open_again),
        BOTH(tlog_open_other_origin),
        EVIDENCE(tlog_open_other_kind),
        EVIDENCE(tlog_open_other_keys),
        EVIDENCE(tlog_open_wrong_key_type),
        EVIDENCE(tlog_open_flipped_head),
        BOTH(tlog_open_flipped_unsealed_head),
        BOTH(tlog_open_flipped_empty_head),
        BOTH(tlog_open_flipped_right_edge),
        EVIDENCE(tlog_open_flipped_seal),
        EVIDENCE(tlog_open_read_fails),
        BOTH(tlog_open_mark_one_behind),
        BOTH(tlog_open_mark_write_fails),
        BOTH(tlog_open_mark_two_behind),
        BOTH(tlog_open_store_went_back),
        BOTH(tlog_open_older_epoch),
        BOTH(tlog_open_other_root),
        BOTH(tlog_open_without_mark),
        EVIDENCE(tlog_first_head_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
