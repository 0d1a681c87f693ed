#include "schemas/record.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/dcbor.h"
#include "schemas/statement.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"
#include "tests/support/sample_records.h"

#define ISSUER "engine.example"

static void append_valid(struct buf *out, uint64_t number)
{
    sample_record_append_lone(out, ISSUER, number, SAMPLE_AT_MS, 0);
}

/* Hex in which each R stands for a valid record. */
static void append_payload(struct buf *out, const char *hex)
{
    uint64_t number = 0;

    while (hex[0] != 0) {
        size_t len = strcspn(hex, "R");
        char *digits = mem_format("%.*s", (int)len, hex);

        sample_append_hex(out, digits);
        free(digits);
        hex += len;
        if (hex[0] == 'R') {
            append_valid(out, number++);
            hex++;
        }
    }
}

static bool check_hex(const char *hex, size_t *out_count, struct problem *problem)
{
    struct buf payload = {0};
    bool ok;

    append_payload(&payload, hex);
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
    assert_true(check_hex("R", &count, &problem));
    assert_int_equal(count, 1);
    assert_true(check_hex("82 R R", &count, &problem));
    assert_int_equal(count, 2);
}

/* A record of every type is accepted, those too whose "type" is not the first member. */
static void record_check_payload_every_type(void **state)
{
    struct sample_records *records = mem_alloc(sizeof(*records));
    char type[SAMPLE_TYPE_LEN_MAX];

    (void)state;
    sample_records_init(records, ISSUER, 1);
    for (size_t i = 0; sample_record_type(type, i); i++) {
        struct buf payload = {0};
        struct problem problem = {0};
        size_t count;

        sample_record_append(&payload, records, type);
        if (!record_check_payload(bytes_of_buf(&payload), &count, &problem))
            fail_msg("%s: %s %s", type, problem.detail, problem.path);
        assert_int_equal(count, 1);
        buf_cleanup(&payload);
    }
    free(records);
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
        {"81 R", PROBLEM_RECORD, "/"},
        {"82 R 01", PROBLEM_RECORD, "/1"},
        {"82 R 81 R", PROBLEM_RECORD, "/1"},
        {"a0", PROBLEM_RECORD, "/type"},
        {"a1 6161 00", PROBLEM_RECORD, "/type"},
        {"a1 6474797066 6174", PROBLEM_RECORD, "/type"},
        {"82 R a0", PROBLEM_RECORD, "/1/type"},
        {"a1 6474797065 05", PROBLEM_RECORD, "/type"},
        {"a1 6474797065 4174", PROBLEM_RECORD, "/type"},
        {"a1 6474797065 60", PROBLEM_RECORD, "/type"},
        {"R 00", PROBLEM_CBOR, "/"},
        {"82 R R 00", PROBLEM_CBOR, "/"},
        {"82 R", PROBLEM_CBOR, "/1"},
        {"a2 6474797065 6174 6161 00", PROBLEM_CBOR, "/a"},
        {"a2 6161 00 6161 00", PROBLEM_CBOR, "/a"},
        {"82 R a2 6161 82 01 f6 6474797065 6174", PROBLEM_CBOR, "/1/a/1"},
        {"a2 6161 a1 6162 f93c00 6474797065 6174", PROBLEM_CBOR, "/a/b"},
        {"a2 6161 c0 00 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"a2 6161 1817 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"a2 6161 61ff 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"a2 6161 9fff 6474797065 6174", PROBLEM_CBOR, "/a"},
        {"d2 R", PROBLEM_CBOR, "/"},
        {"9f R R ff", PROBLEM_CBOR, "/"},
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
            append_valid(&payload, i);
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

/* Appends a record with this many arrays in each other, in an extension; at least 2. */
static void append_nested(struct buf *out, unsigned arrays)
{
    static const char INNERMOST[] = "12345678901"; /* 12 bytes of CBOR */
    static const uint8_t DEEPER[] = "\x81\x6a" "1234567890";
    struct sample_records *records = mem_alloc(sizeof(*records));
    struct buf extensions = {0};
    uint8_t *innermost;

    /* What writes the record nests no deeper than allowed, so the last array comes afterwards. */
    buf_append_text(&extensions, "\"nested\":");
    for (unsigned i = 1; i < arrays; i++)
        buf_append_byte(&extensions, '[');
    buf_append_format(&extensions, "\"%s\"", INNERMOST);
    for (unsigned i = 1; i < arrays; i++)
        buf_append_byte(&extensions, ']');
    sample_records_init(records, ISSUER, 1);
    records->extensions = buf_text(&extensions);
    sample_record_append(out, records, SAMPLE_NEUTRAL);
    innermost = memmem(out->data, out->len, INNERMOST, strlen(INNERMOST));
    memcpy(innermost - 1, DEEPER, strlen(INNERMOST) + 1);
    buf_cleanup(&extensions);
    free(records);
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

            append_payload(&payload, in_array == 1 ? "82 R" : "");
            append_nested(&payload, DCBOR_DEPTH_MAX - 2 - in_array + over);
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
            assert_true(bytes_equal_text(record.type, SAMPLE_NEUTRAL));
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
    dcbor_put_array(&payload, 2);
    for (unsigned i = 0; i < 2; i++)
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
    append_valid(&record, 1);
    buf_append(&input, "vouch/record/v1\0", 16);
    sample_append_hex(&input, "82 656973737565");
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
        cmocka_unit_test(record_check_payload_every_type),
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
