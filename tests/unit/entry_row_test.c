#include "server/evidence/entry_row.h"

#include <string.h>

#include "schemas/statement.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_trust.h"
#include "tests/support/sample_records.h"

static int set_up(void **state)
{
    log_fixture_set_up_evidence(state);
    log_fixture_trust(*state, PROFILE_OBSERVE);
    return 0;
}

/* Adds a statement whose records have these sequence numbers. */
static void add(struct log_batch *batch, struct log_fixture *fixture, const uint64_t *numbers,
                size_t count)
{
    struct sample_records records;
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS, .issuer = LOG_ISSUER, .issued_at_s = 1700000};
    struct log_batch one = {.count = 1};
    struct tlog_submission submission;
    struct buf payload = {0};
    struct buf entry = {0};
    struct err err = {0};

    sample_records_init(&records, LOG_ISSUER, numbers[0]);
    records.at_ms = fixture->clock.now_ms;
    if (count > 1)
        dcbor_put_array(&payload, count);
    for (size_t i = 0; i < count; i++) {
        records.sequence_number = numbers[i];
        sample_record_append(&payload, &records, SAMPLE_NEUTRAL);
    }
    assert_true(
        statement_sign(&entry, fixture->keys.issuer, &claims, bytes_of_buf(&payload), &err));
    log_submission_init(&submission, LOG_EVIDENCE, bytes_of_buf(&entry));
    one.submissions = &submission;
    log_batch_add_copy(batch, &one, 0);
    buf_cleanup(&entry);
    buf_cleanup(&payload);
}

static void commit(struct log_batch *batch, struct log_fixture *fixture)
{
    struct err err = {0};

    if (!log_batch_commit(batch, fixture, &err))
        fail_msg("%s", err.text);
    log_batch_cleanup(batch);
}

/* The row of an entry as JSON, without its entry_id. */
static void read_row(struct entry_rows *rows, struct buf *out, uint64_t index)
{
    struct buf row = {0};
    struct err err = {0};

    buf_clear(out);
    if (!entry_rows_append(rows, &row, index, &err) ||
        !dcbor_check(bytes_of_buf(&row), &err) ||
        !view_append_json(out, bytes_of_buf(&row), false, &err))
        fail_msg("%s", err.text);
    buf_cleanup(&row);
}

static void assert_row_has(struct entry_rows *rows, uint64_t index, const char *part, bool has)
{
    struct buf text = {0};

    read_row(rows, &text, index);
    if ((strstr(buf_text(&text), part) != NULL) != has)
        fail_msg("%s %s in %s", part, has ? "is not" : "is", buf_text(&text));
    buf_cleanup(&text);
}

/* Each entry of a commit has its own flags, each rule once; the seal and the log's own entries have
 * rows too. */
static void entry_rows_append_flags(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct entry_rows rows;

    entry_rows_init(&rows, fixture->store, LOG_EVIDENCE, false);
    add(&batch, fixture, (uint64_t[]){0}, 1);
    add(&batch, fixture, (uint64_t[]){5, 9, 10}, 3);
    commit(&batch, fixture);
    add(&batch, fixture, (uint64_t[]){11}, 1);
    commit(&batch, fixture);
    assert_row_has(&rows, 2, "\"flags\"", false);
    assert_row_has(&rows, 2, "\"types\":[\"test-result\"]", true);
    assert_row_has(&rows, 2, "\"record_count\":1", true);
    assert_row_has(&rows, 3, "\"flags\":[\"G4/seq-gap\"],\"index\":3", true);
    assert_row_has(&rows, 3, "\"record_count\":3", true);
    assert_row_has(&rows, 4, "\"types\":[\"seal\"],\"issuer\":\"log.example/test\"", true);
    assert_row_has(&rows, 5, "\"flags\"", false);
    assert_row_has(&rows, 2, "\"flags\"", false);
    assert_row_has(&rows, 0, "log-metadata", true);
    assert_row_has(&rows, 3, "\"records\"", false);
    entry_rows_cleanup(&rows);
}

/* The records are there when they are asked for. */
static void entry_rows_append_records(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct entry_rows rows;

    entry_rows_init(&rows, fixture->store, LOG_EVIDENCE, true);
    add(&batch, fixture, (uint64_t[]){0, 1}, 2);
    commit(&batch, fixture);
    assert_row_has(&rows, 2, "\"records\":[{", true);
    assert_row_has(&rows, 2, "\"sequence_number\":1", true);
    entry_rows_cleanup(&rows);
}

/* An entry that is not what was committed gives no row. */
static void entry_rows_append_of_a_bad_entry(void **state)
{
    struct log_fixture *fixture = *state;
    struct log_batch batch = {0};
    struct buf row = {0};
    struct entry_rows rows;
    struct err err = {0};

    entry_rows_init(&rows, fixture->store, LOG_EVIDENCE, true);
    add(&batch, fixture, (uint64_t[]){0}, 1);
    commit(&batch, fixture);
    assert_false(entry_rows_append(&rows, &row, 1000, &err));
    assert_int_equal(row.len, 0);
    assert_true(entry_rows_append(&rows, &row, 2, &err));
    buf_cleanup(&row);
    entry_rows_cleanup(&rows);
}

/* Bytes without meaning have an index, an id and a time. */
static void entry_rows_append_opaque(void **state)
{
    struct log_fixture *fixture = *state;
    struct entry_rows rows;

    log_fixture_commit(fixture, 0, 3);
    entry_rows_init(&rows, fixture->store, LOG_OPAQUE, true);
    assert_row_has(&rows, 2, "{\"index\":2,\"entry_id\":\"", true);
    assert_row_has(&rows, 2, "\"received_at_ms\":", true);
    assert_row_has(&rows, 2, "\"issuer\"", false);
    entry_rows_cleanup(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entry_rows_append_flags, set_up, log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(entry_rows_append_records, set_up, log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(entry_rows_append_of_a_bad_entry, set_up,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(entry_rows_append_opaque, log_fixture_set_up_opaque,
                                        log_fixture_tear_down),
    };

    return cmocka_run_group_tests_name("entry_row", tests, NULL, NULL);
}
