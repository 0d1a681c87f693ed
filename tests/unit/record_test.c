#include "schemas/record.h"

#include <string.h>

#include "schemas/dcbor.h"
#include "schemas/statement.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"

/* {"type": "t"} */
#define RECORD "a1 6474797065 6174 "

static bool check_hex(const char *hex, size_t *out_count, struct problem *problem)
{
    struct buf payload = {0};
    bool ok;

    sample_append_hex(&payload, hex);
    ok = record_check_payload(bytes_of_buf(&payload), out_count, problem);
    buf_cleanup(&payload);
    return ok;
}

/* One record, or an array of two or more, is accepted and counted. */
static void record_check_payload_accepted(void **state)
{
    struct problem problem;
    size_t count;

    (void)state;
    assert_true(check_hex(RECORD, &count, &problem));
    assert_int_equal(count, 1);
    assert_true(check_hex("82" RECORD RECORD, &count, &problem));
    assert_int_equal(count, 2);
    /* "type" is found behind shorter and earlier keys of any value. */
    assert_true(
        check_hex("a3 6161 a16474797065 01 6474657374 80 6474797065 6174", &count, &problem));
}

/* A refusal has the kind of the mistake and the path of the record and member. */
static void record_check_payload_refused(void **state)
{
    static const struct {
        const char *hex;
        enum problem_kind kind;
        const char *path;
    } rows[] = {
        {"", PROBLEM_CBOR, "/"},
        {"ff", PROBLEM_CBOR, "/"},
        {"00", PROBLEM_RECORD, "/"},
        {"6161", PROBLEM_RECORD, "/"},
        {"80", PROBLEM_RECORD, "/"},
        {"81" RECORD, PROBLEM_RECORD, "/"},
        {"82" RECORD "01", PROBLEM_RECORD, "/1"},
        {"82" RECORD "81" RECORD, PROBLEM_RECORD, "/1"},
        {"a0", PROBLEM_RECORD, "/type"},
        {"a1 6161 00", PROBLEM_RECORD, "/type"},
        {"a1 6474797066 6174", PROBLEM_RECORD, "/type"},
        {"82" RECORD "a0", PROBLEM_RECORD, "/1/type"},
        {"a1 6474797065 05", PROBLEM_RECORD, "/type"},
        {"a1 6474797065 4174", PROBLEM_RECORD, "/type"},
        {"a1 6474797065 60", PROBLEM_RECORD, "/type"},
        {RECORD "00", PROBLEM_CBOR, "/"},
        {"82" RECORD RECORD "00", PROBLEM_CBOR, "/"},
        {"82" RECORD, PROBLEM_CBOR, "/1"},
        {"a2 6474797065 6174 6161 00", PROBLEM_CBOR, "/a"},
        {"a2 6161 00 6161 00", PROBLEM_CBOR, "/a"},
        {"82" RECORD "a2 6161 82 01 f6 6474797065 6174", PROBLEM_CBOR, "/1/a/1"},
        {"a2 6161 a1 6162 f93c00 6474797065 6174", PROBLEM_CBOR, "/a/b"},
        {"a2 6161 c0 00 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"a2 6161 1817 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"a2 6161 61ff 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"a2 6161 9fff 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"d2 " RECORD, PROBLEM_CBOR, "/"},
        {"9f" RECORD RECORD "ff", PROBLEM_CBOR, "/"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem = {0};
        size_t count = 77;

        assert_false(check_hex(rows[i].hex, &count, &problem));
        assert_int_equal(problem.kind, rows[i].kind);
        assert_string_equal(problem.path, rows[i].path);
        assert_true(problem.detail[0] != 0);
        assert_int_equal(count, 77);
    }
}

/* Up to 1,024 records in an array, not one more. */
static void record_check_payload_count_at_the_limit(void **state)
{
    (void)state;
    for (unsigned count = STATEMENT_RECORDS_MAX; count <= STATEMENT_RECORDS_MAX + 1; count++) {
        struct buf payload = {0};
        struct problem problem = {0};
        size_t counted = 0;
        bool is_allowed = count == STATEMENT_RECORDS_MAX;

        dcbor_put_array(&payload, count);
        for (unsigned i = 0; i < count; i++)
            sample_append_hex(&payload, RECORD);
        assert_int_equal(record_check_payload(bytes_of_buf(&payload), &counted, &problem),
                         is_allowed);
        assert_int_equal(problem.kind, is_allowed ? PROBLEM_NONE : PROBLEM_RECORD);
        buf_cleanup(&payload);
    }
}

/* A type has at most 64 bytes. */
static void record_check_payload_type_at_the_limit(void **state)
{
    char type[RECORD_TYPE_LEN_MAX + 2] = {0};

    (void)state;
    for (size_t len = RECORD_TYPE_LEN_MAX; len <= RECORD_TYPE_LEN_MAX + 1; len++) {
        struct buf payload = {0};
        struct problem problem;
        size_t count;

        memset(type, 't', len);
        dcbor_put_map(&payload, 1);
        dcbor_put_literal(&payload, "type");
        dcbor_put_literal(&payload, type);
        assert_int_equal(record_check_payload(bytes_of_buf(&payload), &count, &problem),
                         len == RECORD_TYPE_LEN_MAX);
        buf_cleanup(&payload);
    }
}

/* The array around the records counts as one of the sixteen levels. */
static void record_check_payload_depth_at_the_limit(void **state)
{
    (void)state;
    for (unsigned in_array = 0; in_array <= 1; in_array++) {
        for (unsigned over = 0; over <= 1; over++) {
            struct buf payload = {0};
            struct problem problem = {0};
            size_t count;

            if (in_array == 1)
                sample_append_hex(&payload, "82" RECORD);
            sample_append_hex(&payload, "a2 6161");
            for (unsigned i = 0; i < DCBOR_DEPTH_MAX - 1 - in_array + over; i++)
                dcbor_put_array(&payload, 1);
            sample_append_hex(&payload, "00 6474797065 6174");
            assert_int_equal(record_check_payload(bytes_of_buf(&payload), &count, &problem),
                             over == 0);
            assert_int_equal(problem.kind, over == 0 ? PROBLEM_NONE : PROBLEM_CBOR);
            buf_cleanup(&payload);
        }
    }
}

/* Walking a payload gives back every record that was put in, in order. */
static void record_next_gives_every_record(void **state)
{
    struct rng rng = rng_seeded("record_next_gives_every_record");

    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        size_t count = 1 + rng_below(&rng, 20);
        size_t begins[22];
        struct buf payload = {0};
        struct problem problem;
        struct record_reader reader;
        struct record record;
        size_t counted;

        if (count > 1)
            dcbor_put_array(&payload, count);
        for (size_t i = 0; i < count; i++) {
            begins[i] = payload.len;
            sample_append_record(&payload, &rng);
        }
        begins[count] = payload.len;
        assert_true(record_check_payload(bytes_of_buf(&payload), &counted, &problem));
        assert_int_equal(counted, count);
        reader = record_reader_of(bytes_of_buf(&payload));
        assert_int_equal(reader.count, count);
        for (size_t i = 0; i < count; i++) {
            assert_true(record_next(&reader, &record));
            assert_true(bytes_equal(record.encoded,
                                    bytes_slice(bytes_of_buf(&payload), begins[i], begins[i + 1])));
            assert_true(bytes_equal_text(record.type, "sample"));
        }
        assert_false(record_next(&reader, &record));
        buf_cleanup(&payload);
    }
}

/* Every prefix of a payload is refused; a changed byte never makes the walk fail. */
static void record_check_payload_every_changed_byte(void **state)
{
    struct rng rng = rng_seeded("record_check_payload_every_changed_byte");
    struct buf payload = {0};
    struct problem problem;
    size_t count;

    (void)state;
    dcbor_put_array(&payload, 3);
    for (unsigned i = 0; i < 3; i++)
        sample_append_record(&payload, &rng);
    for (size_t at = 0; at < payload.len; at++) {
        assert_false(record_check_payload(bytes_of(payload.data, at), &count, &problem));
        for (unsigned change = 1; change < 256; change++) {
            payload.data[at] ^= (uint8_t)change;
            if (record_check_payload(bytes_of_buf(&payload), &count, &problem)) {
                struct record_reader reader = record_reader_of(bytes_of_buf(&payload));
                struct record record;

                while (record_next(&reader, &record))
                    count--;
                assert_int_equal(count, 0);
            }
            payload.data[at] ^= (uint8_t)change;
        }
    }
    buf_cleanup(&payload);
}

/* The digest is that of the label, a zero byte and the CBOR of [issuer, record]. */
static void record_digest_is_as_documented(void **state)
{
    struct buf input = {0};
    struct buf record = {0};
    struct hash expected;
    struct hash digest;

    (void)state;
    sample_append_hex(&record, RECORD);
    buf_append(&input, "vouch/record/v1\0", 16);
    sample_append_hex(&input, "82 6569737375 65");
    buf_append_bytes(&input, bytes_of_buf(&record));
    hash_sha256(&expected, bytes_of_buf(&input));
    record_digest(&digest, bytes_of_text("issue"), bytes_of_buf(&record));
    assert_true(hash_equal(&digest, &expected));
    buf_cleanup(&record);
    buf_cleanup(&input);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_check_payload_accepted),
        cmocka_unit_test(record_check_payload_refused),
        cmocka_unit_test(record_check_payload_count_at_the_limit),
        cmocka_unit_test(record_check_payload_type_at_the_limit),
        cmocka_unit_test(record_check_payload_depth_at_the_limit),
        cmocka_unit_test(record_next_gives_every_record),
        cmocka_unit_test(record_check_payload_every_changed_byte),
        cmocka_unit_test(record_digest_is_as_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
