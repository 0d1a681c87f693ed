/* Admission in the log core: what rules refuse stays out, flags reach the seal, facts the store. */
#include <string.h>

#include "schemas/rules/principals.h"
#include "schemas/rules/record_facts.h"
#include "schemas/rules/stream_facts.h"
#include "schemas/rules/tables.h"
#include "schemas/seal.h"
#include "schemas/statement.h"
#include "server/tlog/own_record.h"
#include "server/tlog/store_facts.h"
#include "server/tlog/tlog.h"
#include "server/tlog/tlog_read.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_trust.h"
#include "tests/support/sample_records.h"

static void commit(struct log_fixture *fixture, struct log_batch *batch)
{
    struct err err = {0};

    if (!log_batch_commit(batch, fixture, &err))
        fail_msg("%s", err.text);
}

static int set_up(void **state, enum profile profile)
{
    log_fixture_set_up_evidence(state);
    log_fixture_trust(*state, profile);
    return 0;
}

static int set_up_strict(void **state)
{
    return set_up(state, PROFILE_STRICT);
}

static int set_up_observe(void **state)
{
    return set_up(state, PROFILE_OBSERVE);
}

/* Adds a statement by the trusted issuer, or by somebody else with its key. */
static void add_statement(struct log_batch *batch, struct log_fixture *fixture, const char *issuer,
                          struct bytes payload)
{
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS, .issuer = issuer, .issued_at_s = 1700000};
    struct log_batch one = {.count = 1};
    struct tlog_submission submission;
    struct buf entry = {0};
    struct err err = {0};

    assert_true(statement_sign(&entry, fixture->keys.issuer, &claims, payload, &err));
    log_submission_init(&submission, LOG_EVIDENCE, bytes_of_buf(&entry));
    one.submissions = &submission;
    log_batch_add_copy(batch, &one, 0);
    buf_cleanup(&entry);
}

/* Adds a statement of `count` records whose sequence numbers begin at first. */
static void add_numbered(struct log_batch *batch, struct log_fixture *fixture, uint64_t first,
                         size_t count)
{
    struct sample_records records;
    struct buf payload = {0};

    sample_records_init(&records, LOG_ISSUER, first);
    records.at_ms = fixture->clock.now_ms;
    records.sequence_number = first;
    if (count > 1)
        dcbor_put_array(&payload, count);
    for (size_t i = 0; i < count; i++)
        sample_record_append(&payload, &records, SAMPLE_NEUTRAL);
    add_statement(batch, fixture, LOG_ISSUER, bytes_of_buf(&payload));
    buf_cleanup(&payload);
}

static void read_seal(const struct log_fixture *fixture, struct buf *out_entry, struct seal *out)
{
    struct cose_sign1 statement;
    struct err err = {0};

    assert_true(tlog_read_entry(fixture->store, out_entry, NULL,
                                tlog_head(fixture->tlog)->size - 1, &err));
    assert_true(cose_sign1_decode(&statement, bytes_of_buf(out_entry), &err));
    assert_true(seal_decode(out, statement.payload, &err));
}

static void assert_outcome(const struct log_batch *batch, size_t at, enum tlog_outcome outcome,
                           uint64_t index)
{
    assert_int_equal(batch->submissions[at].outcome, outcome);
    assert_int_equal(batch->submissions[at].index, index);
}

/* A refused statement leaves no entry and no index behind; those around it enter as if it had not
 * been there, and it is told why, at which size. */
static void tlog_commit_leaves_out_what_a_rule_refuses(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    const struct tlog_refusal *refusal;
    struct store_key key = {.index = STORE_BY_SID};
    struct err err = {0};

    add_numbered(&batch, fixture, 0, 1);
    add_numbered(&batch, fixture, 5, 1);
    add_numbered(&batch, fixture, 1, 2);
    commit(fixture, &batch);
    assert_outcome(&batch, 0, TLOG_ADDED, 2);
    assert_outcome(&batch, 1, TLOG_REFUSED, 3);
    assert_outcome(&batch, 2, TLOG_ADDED, 3);
    refusal = &batch.submissions[1].refusal;
    assert_string_equal(refusal->rule->name, "G4");
    assert_string_equal(refusal->rule->code, "seq-gap");
    assert_string_equal(refusal->finding.path, "/sequence_number");
    assert_string_equal(refusal->finding.want, "1");
    assert_int_equal(batch.submissions[1].received_at_ms, fixture->clock.now_ms);
    assert_int_equal(tlog_head(fixture->tlog)->size, 5);
    key.hash = batch.submissions[1].identity;
    assert_true(store_find(fixture->store, &key, 1, &err));
    assert_int_equal(key.entry_index, STORE_NO_INDEX);
    log_batch_cleanup(&batch);
}

/* A batch of which everything is refused writes nothing. */
static void tlog_commit_of_refused_only(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    uint64_t commits = store_faulty_calls(fixture->store, STORE_OPERATION_COMMIT);

    add_numbered(&batch, fixture, 5, 1);
    log_batch_add_copy(&batch, &batch, 0);
    commit(fixture, &batch);
    assert_outcome(&batch, 0, TLOG_REFUSED, 2);
    assert_outcome(&batch, 1, TLOG_REFUSED, 2);
    assert_non_null(batch.submissions[1].refusal.rule);
    assert_int_equal(store_faulty_calls(fixture->store, STORE_OPERATION_COMMIT), commits);
    log_batch_cleanup(&batch);
}

/* A statement in the log already is a duplicate whatever the rules say of it now. */
static void tlog_commit_of_a_duplicate_asks_no_rule(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct log_batch again = {0};

    add_numbered(&batch, fixture, 0, 1);
    commit(fixture, &batch);
    log_batch_add_copy(&again, &batch, 0);
    commit(fixture, &again);
    assert_outcome(&again, 0, TLOG_DUPLICATE, 2);
    log_batch_cleanup(&batch);
    log_batch_cleanup(&again);
}

/* What a batch leaves is in the store with it: the next process goes on from there. */
static void tlog_commit_keeps_facts_over_a_reopening(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch first = {0};
    struct log_batch second = {0};
    struct store_facts base;
    struct facts *facts;
    uint64_t size;
    struct err err = {0};

    add_numbered(&first, fixture, 0, 3);
    commit(fixture, &first);
    log_fixture_reopen(fixture);
    store_facts_init(&base, fixture->store);
    facts = facts_new(&base.base);
    assert_int_equal(stream_next(facts, bytes_of_text("test"), bytes_of_text(LOG_ISSUER),
                                 bytes_of_text("")), 3);
    assert_true(store_read_facts_size(fixture->store, &size, &err));
    assert_int_equal(size, tlog_head(fixture->tlog)->size);
    add_numbered(&second, fixture, 2, 1);
    add_numbered(&second, fixture, 3, 1);
    commit(fixture, &second);
    assert_int_equal(second.submissions[0].outcome, TLOG_REFUSED);
    assert_int_equal(second.submissions[1].outcome, TLOG_ADDED);
    facts_free(facts);
    log_batch_cleanup(&first);
    log_batch_cleanup(&second);
}

/* When a commit fails before the store is touched, its facts are forgotten with it. */
static void tlog_commit_that_fails_forgets_its_facts(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct err err = {0};

    add_numbered(&batch, fixture, 0, 1);
    fixture->checkpoint.next_fails = true;
    assert_false(log_batch_commit(&batch, fixture, &err));
    assert_null(tlog_failure(fixture->tlog));
    commit(fixture, &batch);
    assert_outcome(&batch, 0, TLOG_ADDED, 2);
    log_batch_cleanup(&batch);
}

/* A fact that cannot be read decides nothing: the commit fails and may be tried again. */
static void tlog_commit_with_unreadable_facts(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct err err = {0};

    add_numbered(&batch, fixture, 0, 1);
    for (unsigned i = 0; i < 5; i++) {
        store_faulty_arm(fixture->store, STORE_OPERATION_GET_FACT, STORE_FAULT_ERROR, i, 0);
        assert_false(log_batch_commit(&batch, fixture, &err));
        assert_null(tlog_failure(fixture->tlog));
    }
    commit(fixture, &batch);
    assert_outcome(&batch, 0, TLOG_ADDED, 2);
    log_batch_cleanup(&batch);
}

/* Flags stand in the seal, at the entry's offset and the record's number, and with the
 * submission. */
static void tlog_commit_writes_flags_into_the_seal(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct buf entry = {0};
    struct seal_flags_reader reader;
    struct seal_flag flag;
    struct seal seal;
    bool found = false;

    add_numbered(&batch, fixture, 0, 1);
    add_numbered(&batch, fixture, 7, 2);
    commit(fixture, &batch);
    assert_outcome(&batch, 1, TLOG_ADDED, 3);
    read_seal(fixture, &entry, &seal);
    assert_true(bytes_equal_text(seal.rules_id, "vouch"));
    assert_true(bytes_equal_text(seal.rules_version, "1"));
    reader = seal_flags_reader_of(seal.flags);
    while (seal_flags_next(&reader, &flag)) {
        if (!bytes_equal_text(flag.rule, "G4"))
            continue;
        found = true;
        assert_true(bytes_equal_text(flag.code, "seq-gap"));
        assert_int_equal(flag.entry_offset, 1);
        assert_int_equal(flag.record_number, 0);
    }
    assert_true(found);
    for (size_t i = 0; i < rule_count(); i++) {
        if (strcmp(rule_at(i)->code, "seq-gap") == 0)
            assert_int_equal(tlog_flags_next(&batch.submissions[1].flags, i), i);
    }
    buf_cleanup(&entry);
    log_batch_cleanup(&batch);
}

enum { FLAGGED_RECORDS = 240 };

/* A statement whose records all have a flag. */
static void add_flagged(struct log_batch *batch, struct log_fixture *fixture, size_t i)
{
    struct sample_records records;
    struct buf payload = {0};

    sample_records_init(&records, LOG_ISSUER, i);
    records.at_ms = fixture->clock.now_ms;
    dcbor_put_array(&payload, FLAGGED_RECORDS);
    for (size_t k = 0; k < FLAGGED_RECORDS; k++) {
        records.sequence_number = 2 * (i * FLAGGED_RECORDS + k) + 1;
        sample_record_append(&payload, &records, SAMPLE_NEUTRAL);
    }
    add_statement(batch, fixture, LOG_ISSUER, bytes_of_buf(&payload));
    buf_cleanup(&payload);
}

/* A batch with more flags than a seal can hold is cut: what does not fit is deferred, commits next,
 * and no flag is lost. */
static void tlog_commit_defers_what_has_no_room_for_flags(void **state)
{
    enum { STATEMENTS = 60 };
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct err err = {0};
    size_t flag_count = 0;
    size_t commits = 0;
    size_t done = 0;

    for (size_t i = 0; i < STATEMENTS; i++)
        add_flagged(&batch, fixture, i);
    while (done < STATEMENTS) {
        struct seal_flags_reader reader;
        struct buf entry = {0};
        struct seal_flag flag;
        struct seal seal;

        assert_true(tlog_commit(fixture->tlog, batch.pointers + done, STATEMENTS - done, &err));
        assert_int_equal(batch.submissions[done].outcome, TLOG_ADDED);
        read_seal(fixture, &entry, &seal);
        reader = seal_flags_reader_of(seal.flags);
        while (seal_flags_next(&reader, &flag))
            flag_count += bytes_equal_text(flag.code, "seq-gap");
        while (done < STATEMENTS && batch.submissions[done].outcome != TLOG_DEFERRED)
            done++;
        commits++;
        buf_cleanup(&entry);
    }
    assert_true(commits > 1);
    assert_int_equal(flag_count, STATEMENTS * FLAGGED_RECORDS);
    log_batch_cleanup(&batch);
}

/* Makes one group of the submissions [begin, end) of a batch. */
static void make_group(struct log_batch *batch, size_t begin, size_t end)
{
    for (size_t i = begin; i + 1 < end; i++)
        batch->submissions[i].with_next = true;
}

/* A group whose statements all pass is admitted like any others. */
static void tlog_commit_admits_a_group(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};

    add_numbered(&batch, fixture, 0, 1);
    add_numbered(&batch, fixture, 1, 2);
    make_group(&batch, 0, 2);
    commit(fixture, &batch);
    assert_outcome(&batch, 0, TLOG_ADDED, 2);
    assert_outcome(&batch, 1, TLOG_ADDED, 3);
    log_batch_cleanup(&batch);
}

/* When a rule refuses one of a group, none of it enters, and what its first ones had changed is as
 * it was before: what comes behind the group is decided as if it had not been there. */
static void tlog_commit_refuses_a_group_as_a_whole(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};

    add_numbered(&batch, fixture, 0, 1);
    add_numbered(&batch, fixture, 1, 1);
    add_numbered(&batch, fixture, 2, 1);
    add_numbered(&batch, fixture, 7, 1);
    add_numbered(&batch, fixture, 1, 2);
    make_group(&batch, 1, 4);
    commit(fixture, &batch);
    assert_outcome(&batch, 0, TLOG_ADDED, 2);
    for (size_t i = 1; i < 4; i++) {
        assert_outcome(&batch, i, TLOG_REFUSED, 3);
        assert_string_equal(batch.submissions[i].refusal.rule->code, "seq-gap");
        assert_int_equal(batch.submissions[i].refusal.group_member, 2);
    }
    assert_outcome(&batch, 4, TLOG_ADDED, 3);
    assert_int_equal(tlog_head(fixture->tlog)->size, 5);
    log_batch_cleanup(&batch);
}

/* A group is never cut: what has no room for its flags behind others waits as a whole, and what has
 * none in a seal of its own is refused. */
static void tlog_commit_does_not_cut_groups(void **state)
{
    enum { STATEMENTS = 60, SMALL = 3 };
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct err err = {0};

    add_numbered(&batch, fixture, 0, 1);
    for (size_t i = 1; i <= STATEMENTS; i++)
        add_flagged(&batch, fixture, i);
    make_group(&batch, 1, STATEMENTS + 1);
    commit(fixture, &batch);
    assert_outcome(&batch, 0, TLOG_ADDED, 2);
    for (size_t i = 1; i <= STATEMENTS; i++)
        assert_int_equal(batch.submissions[i].outcome, TLOG_DEFERRED);
    assert_true(tlog_commit(fixture->tlog, batch.pointers + 1, STATEMENTS, &err));
    for (size_t i = 1; i <= STATEMENTS; i++) {
        assert_int_equal(batch.submissions[i].outcome, TLOG_REFUSED);
        assert_string_equal(batch.submissions[i].refusal.rule->code, "too-many-flags");
    }
    batch.submissions[SMALL].with_next = false;
    assert_true(tlog_commit(fixture->tlog, batch.pointers + 1, SMALL, &err));
    for (size_t i = 1; i <= SMALL; i++)
        assert_int_equal(batch.submissions[i].outcome, TLOG_ADDED);
    log_batch_cleanup(&batch);
}

/* Says what the stream's next number is, if that is even; else nothing. */
struct even {
    struct tlog_own own;
    uint64_t seen;
    uint64_t index;
};

static bool make_even(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    struct even *even = (struct even *)own;
    struct log_record_header header = own_record_header(moment, LOG_FIXTURE_ORIGIN, 0);
    struct log_refusal_count row = {.rule = "G4", .code = "seq-gap"};

    even->seen = stream_next(moment->facts, bytes_of_text("test"), bytes_of_text(LOG_ISSUER),
                             bytes_of_text(""));
    even->index = moment->index;
    row.count = even->seen;
    if (even->seen % 2 == 0)
        log_metadata_append_refused(out, &header, &row, 1);
    return even->seen % 2 == 0;
}

/* What the log itself says is decided in its place: after what is before it in the batch, and
 * before what is after it. Silence takes no index. */
static void tlog_commit_of_own_statements_in_order(void **state)
{
    struct log_fixture *fixture = *state;
    struct even evens[3] = {{.own = {"log-metadata", make_even}},
                            {.own = {"log-metadata", make_even}},
                            {.own = {"log-metadata", make_even}}};
    struct tlog_submission owns[3] = {{.own = &evens[0].own}, {.own = &evens[1].own},
                                      {.own = &evens[2].own}};
    struct log_batch batch = {0};
    struct tlog_submission *all[5];
    struct statement statement;
    struct problem problem;
    struct buf entry = {0};
    struct err err = {0};

    add_numbered(&batch, fixture, 0, 1);
    add_numbered(&batch, fixture, 1, 1);
    all[0] = &owns[0];
    all[1] = &batch.submissions[0];
    all[2] = &owns[1];
    all[3] = &batch.submissions[1];
    all[4] = &owns[2];
    assert_true(tlog_commit(fixture->tlog, all, 5, &err));
    assert_int_equal(evens[0].seen, 0);
    assert_int_equal(evens[1].seen, 1);
    assert_int_equal(evens[2].seen, 2);
    assert_int_equal(owns[0].outcome, TLOG_ADDED);
    assert_int_equal(owns[1].outcome, TLOG_SILENT);
    assert_int_equal(owns[2].outcome, TLOG_ADDED);
    assert_int_equal(owns[0].index, 2);
    assert_int_equal(owns[2].index, 5);
    assert_outcome(&batch, 1, TLOG_ADDED, 4);
    assert_true(tlog_read_entry(fixture->store, &entry, NULL, 5, &err));
    assert_true(bytes_equal(bytes_of_buf(&entry), owns[2].entry));
    assert_true(statement_decode(&statement, bytes_of_buf(&entry), &problem));
    assert_true(statement_verify(&statement, fixture->keys.log->public_key, &problem));
    assert_true(hash_equal(&statement.sid, &owns[2].identity));
    assert_true(bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG));
    buf_cleanup(&entry);
    log_batch_cleanup(&batch);
}

/* Keys and roles that a commit changes raise the version, other commits do not. */
static void tlog_principals_version_of_commits(void **state)
{
    struct log_fixture *fixture = *state;
    uint64_t version = tlog_principals_version(fixture->tlog);
    struct log_trust trust;
    struct tlog_submission submission = {.own = &trust.own};
    struct tlog_submission *pointer = &submission;
    struct log_batch batch = {0};
    struct err err = {0};

    add_numbered(&batch, fixture, 0, 1);
    commit(fixture, &batch);
    assert_int_equal(tlog_principals_version(fixture->tlog), version);
    log_trust_init(&trust, LOG_FIXTURE_ORIGIN, PROFILE_STRICT, fixture->keys.receipt->public_key);
    trust.issuer = "other.example";
    assert_true(tlog_commit(fixture->tlog, &pointer, 1, &err));
    assert_int_equal(tlog_principals_version(fixture->tlog), version + 1);
    log_batch_cleanup(&batch);
}

/* An empty batch is a seal over nothing, with the time it was made. */
static void tlog_commit_of_a_heartbeat(void **state)
{
    struct log_fixture *fixture = *state;
    uint64_t size = tlog_head(fixture->tlog)->size;
    struct buf entry = {0};
    struct err err = {0};
    struct seal seal;

    fixture->clock.now_ms += 3600000;
    assert_true(tlog_commit(fixture->tlog, NULL, 0, &err));
    assert_int_equal(tlog_head(fixture->tlog)->size, size + 1);
    read_seal(fixture, &entry, &seal);
    assert_int_equal(seal.entry_count, 0);
    assert_int_equal(seal.first_index, size);
    assert_int_equal(seal.received_at_ms, fixture->clock.now_ms);
    log_fixture_reopen(fixture);
    assert_int_equal(tlog_head(fixture->tlog)->size, size + 1);
    buf_cleanup(&entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tlog_commit_leaves_out_what_a_rule_refuses, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_of_refused_only, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_of_a_duplicate_asks_no_rule, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_keeps_facts_over_a_reopening, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_that_fails_forgets_its_facts, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_with_unreadable_facts, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_writes_flags_into_the_seal, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_defers_what_has_no_room_for_flags,
                                        set_up_observe, log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_admits_a_group, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_refuses_a_group_as_a_whole, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_does_not_cut_groups, set_up_observe,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_of_own_statements_in_order, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_principals_version_of_commits, set_up_strict,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(tlog_commit_of_a_heartbeat, set_up_strict,
                                        log_fixture_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
