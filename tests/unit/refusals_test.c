/* Counting refusals, and what the log says of them. */
#include "server/http/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/record_fields.h"
#include "schemas/record_schema.h"
#include "schemas/rules/tables.h"
#include "schemas/statement.h"
#include "server/tlog/tlog_read.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_trust.h"

static const struct hash FIRST = {{1}};
static const struct hash SECOND = {{2}};

static void add(struct refusals *refusals, const char *issuer, const char *code,
                const struct hash *identity)
{
    refusals_add(refusals,
                 &(struct refusals_seen){bytes_of_text(issuer), "AP13", code, identity});
}

/* The rows of the record in the entry at index, and the entry itself. */
struct said {
    struct buf entry;
    struct record_fields fields;
    const struct field *rows;
};

static void said_read(struct said *out, struct log_fixture *log, uint64_t index)
{
    struct record_schema *schema;
    const struct record_schema_type *type;
    struct cddl_mismatch mismatch;
    struct statement statement;
    struct problem problem;
    struct err err = {0};

    *out = (struct said){0};
    assert_true(tlog_read_entry(log->store, &out->entry, NULL, index, &err));
    assert_true(statement_decode(&statement, bytes_of_buf(&out->entry), &problem));
    assert_true(record_schema_load(&schema, NULL, 0, &err));
    type = record_schema_find(schema, bytes_of_text("log-metadata"));
    assert_true(record_schema_check(schema, type, statement.cose.payload, &mismatch));
    record_schema_free(schema);
    assert_true(record_fields_read(&out->fields, statement.cose.payload, &err));
    out->rows = field_get(out->fields.fields, "refusals");
    assert_non_null(out->rows);
}

static void said_cleanup(struct said *said)
{
    record_fields_cleanup(&said->fields);
    buf_cleanup(&said->entry);
}

static uint64_t row_count(const struct said *said)
{
    uint64_t count = 0;

    for (const struct field *row = field_first(said->rows); row != NULL;
         row = field_next(said->rows, row))
        count++;
    return count;
}

/* How often said says that this issuer's (NULL: no issuer's) statements were refused by this. */
static uint64_t count_of(const struct said *said, const char *issuer, const char *code)
{
    for (const struct field *row = field_first(said->rows); row != NULL;
         row = field_next(said->rows, row)) {
        const struct field *iss = field_get(row, "iss");

        if ((issuer == NULL ? iss == NULL
                            : iss != NULL && bytes_equal_text(field_text(iss), issuer)) &&
            bytes_equal_text(field_text(field_get(row, "code")), code))
            return field_uint(field_get(row, "refusal_count"), 0);
    }
    return 0;
}

static int set_up(void **state)
{
    log_fixture_set_up_evidence(state);
    log_fixture_trust(*state, PROFILE_STRICT);
    return 0;
}

static struct refusals *new_refusals(void)
{
    return refusals_new(LOG_FIXTURE_ORIGIN, 1000);
}

/* Nothing refused, nothing said: no entry. */
static void refusals_commit_of_nothing(void **state)
{
    struct log_fixture *log = *state;
    struct refusals *refusals = new_refusals();
    uint64_t size = tlog_head(log->tlog)->size;
    struct err err = {0};
    bool said;

    assert_true(refusals_commit(refusals, log->tlog, &said, &err));
    assert_false(said);
    assert_int_equal(tlog_head(log->tlog)->size, size);
    refusals_free(refusals);
}

/* Each issuer and code has its row with the first statement refused; what was said once is not said
 * again. */
static void refusals_commit_says_each_once(void **state)
{
    struct log_fixture *log = *state;
    struct refusals *refusals = new_refusals();
    uint64_t size = tlog_head(log->tlog)->size;
    const struct field *first;
    struct said said;
    struct err err = {0};
    bool has_said;

    add(refusals, "a.example", "self-approval", &FIRST);
    add(refusals, "a.example", "self-approval", &SECOND);
    add(refusals, "b.example", "self-approval", &SECOND);
    add(refusals, "", "signature", NULL);
    assert_true(refusals_commit(refusals, log->tlog, &has_said, &err));
    assert_true(has_said);
    said_read(&said, log, size);
    assert_int_equal(row_count(&said), 3);
    assert_int_equal(count_of(&said, "a.example", "self-approval"), 2);
    assert_int_equal(count_of(&said, "b.example", "self-approval"), 1);
    assert_int_equal(count_of(&said, NULL, "signature"), 1);
    first = field_get(field_get(field_first(said.rows), "first_refused"), "digest");
    assert_true(bytes_equal(field_bytes(first), hash_bytes(&FIRST)));
    said_cleanup(&said);

    assert_true(refusals_commit(refusals, log->tlog, &has_said, &err));
    assert_false(has_said);
    add(refusals, "b.example", "self-approval", &FIRST);
    assert_true(refusals_commit(refusals, log->tlog, &has_said, &err));
    said_read(&said, log, size + 2);
    assert_int_equal(row_count(&said), 1);
    assert_int_equal(count_of(&said, "b.example", "self-approval"), 1);
    said_cleanup(&said);
    refusals_free(refusals);
}

/* Beyond the rows there are, everything is counted in one row of no issuer, and no count is lost. */
static void refusals_add_beyond_the_rows(void **state)
{
    struct log_fixture *log = *state;
    struct refusals *refusals = new_refusals();
    uint64_t size = tlog_head(log->tlog)->size;
    struct said said;
    char issuer[ISSUER_LEN_MAX + 1];
    struct err err = {0};
    bool has_said;

    memset(issuer, 'x', ISSUER_LEN_MAX);
    issuer[ISSUER_LEN_MAX] = '\0';
    for (unsigned i = 0; i < REFUSALS_ROWS_MAX + 5; i++) {
        issuer[0] = (char)('a' + i % 26);
        issuer[1] = (char)('a' + i / 26);
        add(refusals, issuer, "self-approval", &FIRST);
        add(refusals, issuer, "self-approval", &FIRST);
    }
    assert_true(refusals_commit(refusals, log->tlog, &has_said, &err));
    said_read(&said, log, size);
    assert_int_equal(row_count(&said), REFUSALS_ROWS_MAX + 1);
    assert_int_equal(count_of(&said, NULL, REFUSALS_OTHER), 10);
    said_cleanup(&said);
    refusals_free(refusals);
}

/* When the log cannot be written to, what was to be said is said the next time, all of it. */
static void refusals_commit_that_fails(void **state)
{
    struct log_fixture *log = *state;
    struct refusals *refusals = new_refusals();
    uint64_t size = tlog_head(log->tlog)->size;
    const struct field *first;
    struct said said;
    struct err err = {0};
    bool has_said;

    add(refusals, "a.example", "self-approval", &FIRST);
    log->log.next_fails = true;
    assert_false(refusals_commit(refusals, log->tlog, &has_said, &err));
    add(refusals, "a.example", "self-approval", &SECOND);
    err = (struct err){0};
    assert_true(refusals_commit(refusals, log->tlog, &has_said, &err));
    said_read(&said, log, size);
    assert_int_equal(count_of(&said, "a.example", "self-approval"), 2);
    first = field_get(field_get(field_first(said.rows), "first_refused"), "digest");
    assert_true(bytes_equal(field_bytes(first), hash_bytes(&FIRST)));
    said_cleanup(&said);
    refusals_free(refusals);
}

/* Of a batch, those that a rule refused are counted; of a group, the one on whose account. */
static void refusals_add_batch_with_a_group(void **state)
{
    struct log_fixture *log = *state;
    struct refusals *refusals = new_refusals();
    uint64_t size = tlog_head(log->tlog)->size;
    struct tlog_refusal refusal = {.rule = rule_at(0), .group_member = 1};
    struct tlog_submission submissions[] = {
        {.issuer = bytes_of_text("a.example"), .outcome = TLOG_ADDED},
        {.issuer = bytes_of_text("b.example"), .outcome = TLOG_REFUSED, .refusal = refusal,
         .with_next = true},
        {.issuer = bytes_of_text("c.example"), .outcome = TLOG_REFUSED, .refusal = refusal},
        {.issuer = bytes_of_text("d.example"), .outcome = TLOG_REFUSED,
         .refusal = {.rule = rule_at(0)}},
    };
    struct tlog_submission *batch[] = {&submissions[0], &submissions[1], &submissions[2],
                                       &submissions[3]};
    struct said said;
    struct err err = {0};
    bool has_said;

    refusals_add_batch(refusals, batch, 4);
    assert_true(refusals_commit(refusals, log->tlog, &has_said, &err));
    said_read(&said, log, size);
    assert_int_equal(row_count(&said), 2);
    assert_int_equal(count_of(&said, "c.example", rule_at(0)->code), 1);
    assert_int_equal(count_of(&said, "d.example", rule_at(0)->code), 1);
    said_cleanup(&said);
    refusals_free(refusals);
}

/* It is time once the interval is over, counted from the last time. */
static void refusals_are_due_after_the_interval(void **state)
{
    struct log_fixture *log = *state;
    struct refusals *refusals = refusals_new(LOG_FIXTURE_ORIGIN, 3600000);
    struct err err = {0};
    bool said;

    assert_false(refusals_are_due(refusals, clock_monotonic_ns()));
    assert_true(refusals_are_due(refusals, clock_monotonic_ns() + UINT64_C(3600000000000)));
    assert_true(refusals_commit(refusals, log->tlog, &said, &err));
    assert_false(refusals_are_due(refusals, clock_monotonic_ns()));
    refusals_free(refusals);
}

/* Each row has its total; a name that would end its label is escaped. */
static void refusals_append_metrics_of_totals(void **state)
{
    struct refusals *refusals = new_refusals();
    struct buf out = {0};

    (void)state;
    add(refusals, "a\"b\\c\nd", "self-approval", NULL);
    add(refusals, "a.example", "self-approval", &FIRST);
    add(refusals, "a.example", "self-approval", &FIRST);
    refusals_append_metrics(&out, refusals);
    assert_non_null(strstr(buf_text(&out), "vouch_refusals_total{issuer=\"a\\\"b\\\\c d\","
                                           "rule=\"AP13\",code=\"self-approval\"} 1\n"));
    assert_non_null(strstr(buf_text(&out), "{issuer=\"a.example\",rule=\"AP13\","
                                           "code=\"self-approval\"} 2\n"));
    buf_cleanup(&out);
    refusals_free(refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refusals_commit_of_nothing, set_up, log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(refusals_commit_says_each_once, set_up,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(refusals_add_beyond_the_rows, set_up,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(refusals_commit_that_fails, set_up, log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(refusals_add_batch_with_a_group, set_up,
                                        log_fixture_tear_down),
        cmocka_unit_test_setup_teardown(refusals_are_due_after_the_interval, set_up,
                                        log_fixture_tear_down),
        cmocka_unit_test(refusals_append_metrics_of_totals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
