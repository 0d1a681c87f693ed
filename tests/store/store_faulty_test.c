/* The faulty store: each fault is what it says, once, at the call that was chosen. */
#include <string.h>

#include "tests/store/growing_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/store_faulty.h"
#include "tests/support/store_memory.h"

struct subject {
    struct memory_disk *disk;
    struct store *store;
    struct growing_log log;
};

static struct subject subject_new(void)
{
    struct store_identity_card card = growing_log_card();
    struct store_head head = growing_log_first_head();
    struct subject subject = {.log = {.seed = 5, .entry_len = 40, .with_sids = true}};
    struct err err = {0};

    subject.disk = memory_disk_new(&card, &head);
    subject.store = store_faulty_new_take(store_memory_open(subject.disk));
    assert_true(growing_log_resume(&subject.log, subject.store, &err));
    assert_true(growing_log_commit(&subject.log, subject.store, 300, &err));
    return subject;
}

static void subject_cleanup(struct subject *subject)
{
    store_close(subject->store);
    memory_disk_free(subject->disk);
}

static bool append_fact(void *context, const struct store_fact *fact)
{
    buf_append_bytes(context, fact->value);
    return true;
}

/* One call of an operation; its answer, as bytes, is appended to out. */
static bool call(struct subject *subject, enum store_operation operation, struct buf *out,
                 struct err *err)
{
    struct store_identity_card card;
    struct store_head head;
    struct store_stats stats;
    struct store_key key = {.index = STORE_BY_LEAF_HASH};
    struct store_fact_range range = {.prefix = bytes_of_text("e")};
    struct hash hash;
    struct hash sid;
    uint64_t size;
    bool found;
    bool ok = false;

    switch (operation) {
    case STORE_OPERATION_READ_CARD:
        ok = store_read_card(subject->store, &card, err);
        buf_append(out, &card.checkpoint_key, ok ? sizeof(card.checkpoint_key) : 0);
        break;
    case STORE_OPERATION_READ_HEAD:
        ok = store_read_head(subject->store, &head, err);
        buf_append(out, &head, ok ? sizeof(head) : 0);
        break;
    case STORE_OPERATION_SEEK_HEAD:
        ok = store_seek_head(subject->store, &head, 1, err);
        buf_append(out, &head, ok ? sizeof(head) : 0);
        break;
    case STORE_OPERATION_READ_NODES:
        ok = store_read_nodes(subject->store, &hash, &(struct node_id){0, 7}, 1, err);
        buf_append(out, &hash, ok ? sizeof(hash) : 0);
        break;
    case STORE_OPERATION_LOCATE_ENTRIES:
        ok = store_read_entries(subject->store, out, 10, 20, err);
        break;
    case STORE_OPERATION_FIND:
        growing_log_keys(&subject->log, &key.hash, &sid, 9);
        ok = store_find(subject->store, &key, 1, err);
        buf_append(out, &key.entry_index, ok ? sizeof(key.entry_index) : 0);
        break;
    case STORE_OPERATION_GET_FACT:
        ok = store_get_fact(subject->store, bytes_of_text("log-fact."), out, &found, err);
        break;
    case STORE_OPERATION_SCAN_FACTS:
        ok = store_scan_facts(subject->store, &range, append_fact, out, err);
        break;
    case STORE_OPERATION_READ_FACTS_SIZE:
        ok = store_read_facts_size(subject->store, &size, err);
        buf_append(out, &size, ok ? sizeof(size) : 0);
        break;
    case STORE_OPERATION_STATS:
        ok = store_stats(subject->store, &stats, err);
        break;
    case STORE_OPERATION_COMMIT:
    case STORE_OPERATION_COUNT:
        fail();
    }
    return ok;
}

static unsigned bits_that_differ(const struct buf *a, const struct buf *b)
{
    unsigned bits = 0;

    assert_int_equal(a->len, b->len);
    for (size_t i = 0; i < a->len; i++)
        bits += (unsigned)__builtin_popcount((unsigned)(a->data[i] ^ b->data[i]));
    return bits;
}

/* An armed fault waits for its call, strikes once, and the next call is good again. */
static void arm_counts_down_and_strikes_once(void **state)
{
    (void)state;
    for (unsigned operation = 0; operation < STORE_OPERATION_COUNT; operation++) {
        struct subject subject = subject_new();
        struct buf out = {0};
        uint64_t before = store_faulty_calls(subject.store, (enum store_operation)operation);

        if (operation != STORE_OPERATION_COMMIT) {
            store_faulty_arm(subject.store, (enum store_operation)operation, STORE_FAULT_ERROR, 2,
                             0);
            for (unsigned i = 0; i < 4; i++) {
                struct err err = {0};

                assert_int_equal(call(&subject, (enum store_operation)operation, &out, &err),
                                 i != 2);
                assert_int_equal(err.code, i == 2 ? ERR_IO : ERR_NONE);
            }
            assert_int_equal(store_faulty_faults(subject.store), 1);
            assert_int_equal(store_faulty_calls(subject.store, (enum store_operation)operation),
                             before + 4);
        }
        buf_cleanup(&out);
        subject_cleanup(&subject);
    }
}

/* A flipped answer differs in exactly one bit, whatever the choice. */
static void arm_flips_one_bit(void **state)
{
    struct subject subject = subject_new();

    (void)state;
    for (unsigned operation = 0; operation < STORE_OPERATION_STATS; operation++) {
        for (uint64_t choice = 0; choice < 5000; choice += 617) {
            struct buf good = {0};
            struct buf bad = {0};
            struct err err = {0};

            if (operation == STORE_OPERATION_COMMIT)
                continue;
            assert_true(call(&subject, (enum store_operation)operation, &good, &err));
            store_faulty_arm(subject.store, (enum store_operation)operation, STORE_FAULT_FLIPPED, 0,
                             choice);
            assert_true(call(&subject, (enum store_operation)operation, &bad, &err));
            assert_int_equal(bits_that_differ(&good, &bad), 1);
            buf_cleanup(&good);
            buf_cleanup(&bad);
        }
    }
    subject_cleanup(&subject);
}

/* Missing data is what the store would say about data it does not have. */
static void arm_makes_data_missing(void **state)
{
    static const struct {
        enum store_operation operation;
        enum err_code code;
    } CASES[] = {
        {STORE_OPERATION_READ_CARD, ERR_CORRUPT},      {STORE_OPERATION_READ_HEAD, ERR_CORRUPT},
        {STORE_OPERATION_SEEK_HEAD, ERR_NOT_FOUND},    {STORE_OPERATION_READ_NODES, ERR_CORRUPT},
        {STORE_OPERATION_LOCATE_ENTRIES, ERR_CORRUPT}, {STORE_OPERATION_FIND, ERR_NONE},
        {STORE_OPERATION_GET_FACT, ERR_NONE},          {STORE_OPERATION_SCAN_FACTS, ERR_NONE},
        {STORE_OPERATION_READ_FACTS_SIZE, ERR_CORRUPT}};
    struct subject subject = subject_new();

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct buf out = {0};
        struct err err = {0};

        store_faulty_arm(subject.store, CASES[i].operation, STORE_FAULT_MISSING, 0, 0);
        assert_int_equal(call(&subject, CASES[i].operation, &out, &err), CASES[i].code == ERR_NONE);
        assert_int_equal(err.code, CASES[i].code);
        if (CASES[i].operation == STORE_OPERATION_FIND)
            assert_memory_equal(out.data, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
        buf_cleanup(&out);
    }
    subject_cleanup(&subject);
}

/* A commit that fails with an error leaves nothing; one that is kept leaves everything. */
static void arm_makes_commits_fail_both_ways(void **state)
{
    struct subject subject = subject_new();
    struct growing_commit growing;
    struct err err = {0};

    (void)state;
    growing_log_prepare(&subject.log, &growing, 5);
    store_faulty_arm(subject.store, STORE_OPERATION_COMMIT, STORE_FAULT_ERROR, 0, 0);
    assert_false(store_commit(subject.store, &growing.commit, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_true(growing_log_check(&subject.log, subject.store, &err));
    store_faulty_arm(subject.store, STORE_OPERATION_COMMIT, STORE_FAULT_KEPT, 0, 0);
    assert_false(store_commit(subject.store, &growing.commit, &err));
    assert_int_equal(err.code, ERR_IO);
    subject.log.head = growing.commit.head;
    assert_true(growing_log_check(&subject.log, subject.store, &err));
    growing_commit_cleanup(&growing);
    subject_cleanup(&subject);
}

/* After healing nothing that was armed strikes. */
static void heal_disarms_everything(void **state)
{
    struct subject subject = subject_new();
    struct err err = {0};

    (void)state;
    for (unsigned operation = 0; operation < STORE_OPERATION_COUNT; operation++)
        store_faulty_arm(subject.store, (enum store_operation)operation, STORE_FAULT_ERROR, 0, 0);
    store_faulty_heal(subject.store);
    assert_true(growing_log_commit(&subject.log, subject.store, 10, &err));
    assert_true(growing_log_check(&subject.log, subject.store, &err));
    assert_int_equal(store_faulty_faults(subject.store), 0);
    subject_cleanup(&subject);
}

/* A store opened earlier on the same memory disk is fenced by a later one. */
static void commit_of_an_older_memory_store(void **state)
{
    struct subject subject = subject_new();
    struct store *later = store_memory_open(subject.disk);
    struct growing_log log = subject.log;
    struct err err = {0};

    (void)state;
    assert_false(growing_log_commit(&subject.log, subject.store, 1, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_true(growing_log_resume(&log, later, &err));
    assert_true(growing_log_commit(&log, later, 1, &err));
    assert_true(growing_log_check(&log, later, &err));
    store_close(later);
    subject_cleanup(&subject);
}

/* A copied memory disk goes its own way. */
static void copy_of_a_memory_disk(void **state)
{
    struct subject subject = subject_new();
    struct memory_disk *copy = memory_disk_copy(subject.disk);
    struct growing_log log = subject.log;
    struct store *store;
    struct err err = {0};

    (void)state;
    assert_true(growing_log_commit(&subject.log, subject.store, 50, &err));
    store = store_memory_open(copy);
    assert_true(growing_log_check(&log, store, &err));
    assert_true(growing_log_check(&subject.log, subject.store, &err));
    store_close(store);
    memory_disk_free(copy);
    subject_cleanup(&subject);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arm_counts_down_and_strikes_once),
        cmocka_unit_test(arm_flips_one_bit),
        cmocka_unit_test(arm_makes_data_missing),
        cmocka_unit_test(arm_makes_commits_fail_both_ways),
        cmocka_unit_test(heal_disarms_everything),
        cmocka_unit_test(commit_of_an_older_memory_store),
        cmocka_unit_test(copy_of_a_memory_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
