/* The parts of a submission: records in, packed payloads, results, and what was signed before. */
#include <stdlib.h>
#include <string.h>

#include "client/fetch/backoff.h"
#include "client/submit/batch_reply.h"
#include "client/submit/packer.h"
#include "client/submit/record_source.h"
#include "client/submit/seen.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_records.h"

enum { TAKEN_MAX = 4000 };

struct taken {
    struct buf records[TAKEN_MAX];
    size_t count;
};

static bool take(void *context, struct bytes record, const char *where, struct err *err)
{
    struct taken *taken = context;

    (void)where;
    (void)err;
    buf_append_bytes(&taken->records[taken->count++], record);
    return true;
}

static void taken_cleanup(struct taken *taken)
{
    for (size_t i = 0; i < taken->count; i++)
        buf_cleanup(&taken->records[i]);
    taken->count = 0;
}

static void append_record(struct buf *out, uint64_t number)
{
    sample_record_append_lone(out, "engine.example", number, SAMPLE_AT_MS, 0);
}

/* Text in which each R stands for a record as JSON. */
static void append_json(struct buf *out, const char *text)
{
    for (uint64_t number = 0; text[0] != 0; text++) {
        struct buf record = {0};
        struct err err = {0};

        if (text[0] != 'R') {
            buf_append_byte(out, (uint8_t)text[0]);
            continue;
        }
        append_record(&record, number++);
        assert_true(view_append_json(out, bytes_of_buf(&record), false, &err));
        buf_cleanup(&record);
    }
}

static void assert_file(const char *name, struct bytes content, size_t wanted)
{
    struct taken *taken = mem_alloc(sizeof(*taken));
    struct record_sink sink = {.take = take, .context = taken};
    struct err err = {0};

    if (!record_source_file(name, content, &sink, &err))
        fail_msg("%s: %s", name, err.text);
    assert_int_equal(taken->count, wanted);
    taken_cleanup(taken);
    free(taken);
}

/* One JSON record, an array, lines, one CBOR record, an array and a sequence are all understood. */
static void record_source_file_forms(void **state)
{
    static const struct {
        const char *name;
        const char *json;
        size_t count;
    } CASES[] = {
        {"x.json", " R\n", 1},
        {"x.json", "[R,R]", 2},
        {"x.ndjson", "R\n\nR", 2},
        {"x.jsonl", "R\r\nR\n", 2},
    };
    struct buf cbor = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct buf json = {0};

        append_json(&json, CASES[i].json);
        assert_file(CASES[i].name, bytes_of_buf(&json), CASES[i].count);
        buf_cleanup(&json);
    }
    append_record(&cbor, 1);
    assert_file("x.cbor", bytes_of_buf(&cbor), 1);
    append_record(&cbor, 2);
    assert_file("x.cbor", bytes_of_buf(&cbor), 2);
    buf_clear(&cbor);
    dcbor_put_array(&cbor, 2);
    append_record(&cbor, 1);
    append_record(&cbor, 2);
    append_record(&cbor, 3);
    assert_file("x.cbor", bytes_of_buf(&cbor), 3);
    buf_cleanup(&cbor);
}

/* A file that is no record is refused with its name, and the line where there are lines. */
static void record_source_file_refused(void **state)
{
    static const struct {
        const char *name;
        const char *content;
        const char *what;
    } CASES[] = {
        {"a.json", "", "a.json: the file is empty"},
        {"a.json", "{\"type\":", "a.json"},
        {"a.json", "{}", "a.json"},
        {"a.json", "{\"type\":1.5}", "a.json"},
        {"a.json", "[R,7]", "a.json"},
        {"a.ndjson", "R\n{\"typ\":\"x\"}\n", "a.ndjson line 2"},
        {"a.cbor", "\xa1\x64type", "a.cbor"},
        {"a.cbor", "\x07", "a.cbor"},
    };
    struct taken *taken = mem_alloc(sizeof(*taken));
    struct record_sink sink = {.take = take, .context = taken};

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct buf content = {0};
        struct err err = {0};

        append_json(&content, CASES[i].content);
        assert_false(record_source_file(CASES[i].name, bytes_of_buf(&content), &sink, &err));
        assert_int_equal(err.code, ERR_INVALID);
        if (strstr(err.text, CASES[i].what) == NULL)
            fail_msg("%zu: '%s' does not say '%s'", i, err.text, CASES[i].what);
        buf_cleanup(&content);
    }
    taken_cleanup(taken);
    free(taken);
}

/* With a schema at hand a record is held against it, and the refusal says what is wanted. */
static void record_source_file_against_a_schema(void **state)
{
    struct taken *taken = mem_alloc(sizeof(*taken));
    struct record_sink sink = {.take = take, .context = taken};
    struct record_schema *schema = NULL;
    struct buf content = {0};
    struct err err = {0};
    static const char json[] = "[{\"type\":\"window\",\"tenant\":5}]";

    (void)state;
    assert_true(record_source_file("a.json", bytes_of_text(json), &sink, &err));
    assert_true(record_schema_load(&schema, NULL, 0, &err));
    sink.schema = schema;
    append_json(&content, "[R,R]");
    assert_true(record_source_file("a.json", bytes_of_buf(&content), &sink, &err));
    assert_int_equal(taken->count, 3);
    assert_false(record_source_file("a.json", bytes_of_text(json), &sink, &err));
    assert_int_equal(taken->count, 3);
    assert_string_equal(err.text, "a.json: /gaps: have nothing, want [* {…}]");
    record_schema_free(schema);
    buf_cleanup(&content);
    taken_cleanup(taken);
    free(taken);
}

/* Feeds content in pieces of this length; returns the number of records. */
static size_t feed(struct bytes content, size_t piece_len)
{
    struct taken *taken = mem_alloc(sizeof(*taken));
    struct record_sink sink = {.take = take, .context = taken};
    struct record_stream stream = {0};
    struct err err = {0};
    size_t count;

    for (size_t i = 0; i < content.len; i += piece_len) {
        size_t end = i + piece_len < content.len ? i + piece_len : content.len;

        if (!record_stream_feed(&stream, bytes_slice(content, i, end), &sink, &err))
            fail_msg("%s", err.text);
    }
    if (!record_stream_end(&stream, &sink, &err))
        fail_msg("%s", err.text);
    count = taken->count;
    record_stream_cleanup(&stream);
    taken_cleanup(taken);
    free(taken);
    return count;
}

/* However a stream is cut into pieces, the same records come out. */
static void record_stream_in_pieces(void **state)
{
    struct buf json = {0};
    struct buf cbor = {0};

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        append_json(&json, i == 49 ? "R" : "R\n");
        append_record(&cbor, i * 1000);
    }
    for (size_t len = 1; len < 100; len++) {
        assert_int_equal(feed(bytes_of_buf(&json), len), 50);
        assert_int_equal(feed(bytes_of_buf(&cbor), len), 50);
    }
    buf_cleanup(&json);
    buf_cleanup(&cbor);
}

/* A stream that ends inside a record is an error, and so is a line that never ends. */
static void record_stream_cut(void **state)
{
    struct taken *taken = mem_alloc(sizeof(*taken));
    struct record_sink sink = {.take = take, .context = taken};
    struct record_stream stream = {0};
    struct buf cbor = {0};
    struct err err = {0};

    (void)state;
    append_record(&cbor, 7);
    assert_true(record_stream_feed(&stream, bytes_slice(bytes_of_buf(&cbor), 0, cbor.len - 1),
                                   &sink, &err));
    assert_false(record_stream_end(&stream, &sink, &err));
    record_stream_cleanup(&stream);
    buf_clear(&cbor);
    buf_append_text(&cbor, "{");
    memset(buf_extend(&cbor, 5 * RECORD_LEN_MAX), ' ', 5 * RECORD_LEN_MAX);
    assert_false(record_stream_feed(&stream, bytes_of_buf(&cbor), &sink, &err));
    record_stream_cleanup(&stream);
    buf_cleanup(&cbor);
    taken_cleanup(taken);
    free(taken);
}

struct emitted {
    struct buf payloads[TAKEN_MAX];
    size_t record_counts[TAKEN_MAX];
    unsigned lanes[TAKEN_MAX];
    char subject[64];
    size_t count;
};

static bool emit(void *context, const struct payload *payload, struct err *err)
{
    struct emitted *emitted = context;

    (void)err;
    buf_append_bytes(&emitted->payloads[emitted->count], payload->bytes);
    emitted->record_counts[emitted->count] = payload->record_count;
    emitted->lanes[emitted->count++] = payload->lane;
    strcpy(emitted->subject, payload->subject);
    return true;
}

static void emitted_free(struct emitted *emitted)
{
    for (size_t i = 0; i < emitted->count; i++)
        buf_cleanup(&emitted->payloads[i]);
    free(emitted);
}

/* Payloads are full at the number of records asked for, and each is one that a log accepts. */
static void packer_add_by_count(void **state)
{
    struct emitted *emitted = mem_alloc(sizeof(*emitted));
    struct packer packer = {.records_max = 4, .stream = "tenant", .emit = emit, .context = emitted};
    struct problem problem = {0};
    struct err err = {0};
    uint64_t total = 0;

    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct buf record = {0};

        append_record(&record, i);
        assert_true(packer_add(&packer, bytes_of_buf(&record), "", 0, &err));
        buf_cleanup(&record);
    }
    assert_int_equal(emitted->count, 2);
    assert_true(packer_flush(&packer, UINT64_MAX, &err));
    assert_int_equal(emitted->count, 3);
    for (size_t i = 0; i < emitted->count; i++) {
        size_t count;

        assert_true(record_check_payload(bytes_of_buf(&emitted->payloads[i]), &count, &problem));
        assert_int_equal(count, emitted->record_counts[i]);
        total += count;
    }
    assert_int_equal(total, 9);
    assert_int_equal(packer_next_due_ns(&packer), UINT64_MAX);
    packer_cleanup(&packer);
    emitted_free(emitted);
}

/* Records that would make a statement too long begin the next one. */
static void packer_add_by_bytes(void **state)
{
    struct emitted *emitted = mem_alloc(sizeof(*emitted));
    struct packer packer = {
        .records_max = 1024, .stream = "tenant", .emit = emit, .context = emitted};
    struct err err = {0};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct buf record = {0};

        sample_record_append_lone(&record, "engine.example", i, SAMPLE_AT_MS, 30000);
        assert_true(packer_add(&packer, bytes_of_buf(&record), "", 0, &err));
        buf_cleanup(&record);
    }
    assert_true(packer_flush(&packer, UINT64_MAX, &err));
    assert_int_equal(emitted->count, 3);
    for (size_t i = 0; i < emitted->count; i++)
        assert_true(emitted->payloads[i].len < 65000);
    packer_cleanup(&packer);
    emitted_free(emitted);
}

/* A payload goes out when its window is over, counted from its first record. */
static void packer_flush_by_time(void **state)
{
    struct emitted *emitted = mem_alloc(sizeof(*emitted));
    struct packer packer = {
        .records_max = 64, .window_ns = 100, .stream = "stream", .emit = emit, .context = emitted};
    struct buf record = {0};
    struct err err = {0};

    (void)state;
    append_record(&record, 1);
    assert_true(packer_add(&packer, bytes_of_buf(&record), "", 1000, &err));
    assert_true(packer_add(&packer, bytes_of_buf(&record), "", 1050, &err));
    assert_int_equal(packer_next_due_ns(&packer), 1100);
    assert_true(packer_flush(&packer, 1099, &err));
    assert_int_equal(emitted->count, 0);
    assert_true(packer_flush(&packer, 1100, &err));
    assert_int_equal(emitted->count, 1);
    buf_cleanup(&record);
    packer_cleanup(&packer);
    emitted_free(emitted);
}

/* Records of one stream stay in order and in one lane; the subject is the first record's run. */
static void packer_add_streams(void **state)
{
    struct emitted *emitted = mem_alloc(sizeof(*emitted));
    struct packer packer = {.records_max = 1, .stream = "run_id", .emit = emit, .context = emitted};
    struct err err = {0};

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        uint8_t run[16] = {(uint8_t)(i % 3 + 1)};
        struct buf record = {0};

        dcbor_put_map(&record, 2);
        dcbor_put_literal(&record, "type");
        dcbor_put_literal(&record, "x");
        dcbor_put_literal(&record, "run_id");
        dcbor_put_bytes(&record, bytes_of(run, sizeof(run)));
        assert_true(packer_add(&packer, bytes_of_buf(&record), "", 0, &err));
        assert_int_equal(emitted->lanes[i], emitted->lanes[i % 3]);
        buf_cleanup(&record);
    }
    assert_string_equal(emitted->subject, "run/03000000-0000-0000-0000-000000000000");
    packer_cleanup(&packer);
    emitted_free(emitted);
}

/* A record is matched as often as it was signed before, and not once more. */
static void seen_take_counts(void **state)
{
    struct seen seen = {0};
    struct hash digest;

    (void)state;
    for (uint32_t i = 0; i < 5000; i++) {
        hash_sha256(&digest, bytes_of(&i, sizeof(i)));
        for (uint32_t k = 0; k < i % 3; k++)
            seen_add(&seen, &digest, NULL);
    }
    for (uint32_t i = 0; i < 5000; i++) {
        hash_sha256(&digest, bytes_of(&i, sizeof(i)));
        for (uint32_t k = 0; k < i % 3; k++)
            assert_non_null(seen_take(&seen, &digest));
        assert_null(seen_take(&seen, &digest));
    }
    seen_cleanup(&seen);
    assert_null(seen_take(&seen, &digest));
}

static void append_result(struct buf *out, const char *outcome, bool with_entry)
{
    dcbor_put_map(out, with_entry ? 3 : 1);
    if (with_entry) {
        dcbor_put_literal(out, "index");
        dcbor_put_uint(out, 17);
    }
    dcbor_put_literal(out, "outcome");
    dcbor_put_literal(out, outcome);
    if (with_entry) {
        dcbor_put_literal(out, "entry_id");
        dcbor_put_literal(out, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    }
}

static void append_problem(struct buf *out, enum problem_kind kind)
{
    struct problem problem = {0};

    (void)problem_set(&problem, kind, "because");
    dcbor_put_map(out, 2);
    dcbor_put_literal(out, "outcome");
    dcbor_put_literal(out, "refused");
    dcbor_put_literal(out, "problem");
    problem_encode(out, &problem);
}

/* Each kind of result is told apart: new, known, refused for good, refused for now. */
static void batch_reply_parse_outcomes(void **state)
{
    struct batch_result results[4];
    struct buf body = {0};
    struct err err = {0};

    (void)state;
    append_result(&body, "added", true);
    append_result(&body, "duplicate", true);
    append_problem(&body, PROBLEM_SIGNATURE);
    append_problem(&body, PROBLEM_BUSY);
    assert_true(batch_reply_parse(results, 4, bytes_of_buf(&body), &err));
    assert_int_equal(results[0].outcome, BATCH_ADDED);
    assert_int_equal(results[0].index, 17);
    assert_int_equal(results[0].entry_id.bytes[31], 0xff);
    assert_int_equal(results[1].outcome, BATCH_DUPLICATE);
    assert_int_equal(results[2].outcome, BATCH_REFUSED);
    assert_int_equal(results[2].problem.kind, PROBLEM_SIGNATURE);
    assert_int_equal(results[3].outcome, BATCH_LATER);
    assert_false(batch_reply_parse(results, 3, bytes_of_buf(&body), &err));
    buf_cleanup(&body);
}

/* An answer that is too short, cut anywhere, or without what it needs is corrupt, never believed.
 */
static void batch_reply_parse_hostile(void **state)
{
    struct batch_result results[2];
    struct buf body = {0};

    (void)state;
    append_result(&body, "added", true);
    append_problem(&body, PROBLEM_SIGNATURE);
    for (size_t len = 0; len < body.len; len++) {
        struct err err = {0};

        assert_false(batch_reply_parse(results, 2, bytes_slice(bytes_of_buf(&body), 0, len), &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    buf_clear(&body);
    append_result(&body, "added", false);
    append_result(&body, "refused", false);
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};

        assert_false(batch_reply_parse(results, 1, bytes_slice(bytes_of_buf(&body), 0, 15), &err));
    }
    buf_cleanup(&body);
}

/* Pauses grow, stay within their window, and are never shorter than the log asked for. */
static void backoff_next_ms_bounds(void **state)
{
    static const uint32_t DRAWS[] = {0, 1, 12345, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(DRAWS) / sizeof(DRAWS[0]); i++) {
        struct backoff backoff = {0};
        uint64_t window = BACKOFF_FIRST_MS;

        for (unsigned attempt = 0; attempt < 100; attempt++) {
            uint64_t wait = backoff_next_ms(&backoff, 0, DRAWS[i]);

            assert_true(wait >= window / 2 && wait <= window);
            window = window * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : window * 2;
        }
        assert_true(backoff_next_ms(&backoff, 30, DRAWS[i]) >= 30000);
        assert_true(backoff_next_ms(&backoff, 30, DRAWS[i]) <= 37500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_source_file_forms),
        cmocka_unit_test(record_source_file_refused),
        cmocka_unit_test(record_source_file_against_a_schema),
        cmocka_unit_test(record_stream_in_pieces),
        cmocka_unit_test(record_stream_cut),
        cmocka_unit_test(packer_add_by_count),
        cmocka_unit_test(packer_add_by_bytes),
        cmocka_unit_test(packer_flush_by_time),
        cmocka_unit_test(packer_add_streams),
        cmocka_unit_test(seen_take_counts),
        cmocka_unit_test(batch_reply_parse_outcomes),
        cmocka_unit_test(batch_reply_parse_hostile),
        cmocka_unit_test(backoff_next_ms_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
