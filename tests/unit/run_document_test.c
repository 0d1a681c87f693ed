#include "schemas/run/run_document.h"

#include <string.h>

#include "schemas/record.h"
#include "schemas/record_fields.h"
#include "tests/support/cmocka_all.h"

#define HEAD                                                                                       \
    "\"tenant\":\"acme\",\"workflow\":\"review@14\",\"environment\":\"production\","               \
    "\"risk\":\"high\",\"mode\":\"live\",\"trigger\":{\"kind\":\"user\",\"triggered_by\":\"u\"},"

static const char EXAMPLE[] =
    "{" HEAD "\"nodes\":["
    "{\"node_id\":\"fetch\",\"kind\":\"input-output\",\"outputs\":[{\"artifact_id\":\"contract\","
    "\"content\":\"the contract's text\"}]},"
    "{\"node_id\":\"gate\",\"kind\":\"policy\",\"inputs\":[\"contract\"],"
    "\"outputs\":[{\"artifact_id\":\"redacted\",\"content\":\"the redacted text\"}],"
    "\"evaluation\":{\"policy\":\"pii@7\",\"decision\":\"redact\",\"remedy\":\"redact\"}},"
    "{\"node_id\":\"model\",\"kind\":\"model\",\"inputs\":[\"redacted\"],"
    "\"outputs\":[{\"artifact_id\":\"summary\",\"content\":\"a summary\"}],"
    "\"model_call\":{\"request_model\":\"example/reader@1\",\"prompt\":\"sum@9\"}}],"
    "\"result\":{\"kind\":\"summary\",\"artifact_id\":\"summary\"}}";

/* Numbers instead of random bytes, so that every id and key differs and nothing else does. */
static bool count_up(uint8_t *out, size_t len, struct err *err)
{
    static uint64_t next;

    (void)err;
    next++;
    memset(out, 0, len);
    memcpy(out + len - sizeof(next), &next, sizeof(next));
    return true;
}

static struct run_document_options options(void)
{
    return (struct run_document_options){
        .issuer = "engine", .now_ms = 1795000000000, .make_random = count_up};
}

static bool read_text(struct run_document *out, const char *json, struct problem *problem)
{
    struct run_document_options with = options();

    return run_document_read(out, bytes_of_text(json), &with, problem);
}

/* The n-th record of a one-payload document. */
static const struct field *record_at(struct record_fields *fields,
                                     const struct run_document *document, size_t n)
{
    struct record_reader reader = record_reader_of(bytes_of_buf(&document->payloads[0]));
    struct record record;
    struct err err = {0};

    for (size_t i = 0; i <= n; i++)
        assert_true(record_next(&reader, &record));
    assert_true(record_fields_read(fields, record.encoded, &err));
    return fields->fields;
}

static const char *type_at(const struct run_document *document, size_t n)
{
    static char type[64];
    struct record_fields fields = {0};
    struct bytes text = field_text(field_get(record_at(&fields, document, n), "type"));

    assert_true(text.len < sizeof(type));
    memcpy(type, text.data, text.len);
    type[text.len] = 0;
    record_fields_cleanup(&fields);
    return type;
}

/* A document becomes the records an engine would have sent: start, events, evaluation, manifest. */
static void run_document_read_example(void **state)
{
    static const char *const types[] = {
        "run-start", "execution-event", "execution-event", "execution-event", "policy-evaluation",
        "execution-event", "execution-event", "execution-event", "run-manifest"};
    struct run_document document;
    struct problem problem;
    size_t count;

    (void)state;
    if (!read_text(&document, EXAMPLE, &problem))
        fail_msg("%s %s", problem.detail, problem.path);
    assert_int_equal(document.payload_count, 1);
    assert_int_equal(document.record_count, sizeof(types) / sizeof(types[0]));
    assert_true(record_check_payload(bytes_of_buf(&document.payloads[0]), &count, &problem));
    assert_int_equal(count, document.record_count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(type_at(&document, i), types[i]);
    run_document_cleanup(&document);
}

/* The numbers of the run's own stream begin at 0 and have no gap; all records share the run. */
static void run_document_read_headers(void **state)
{
    struct record_fields fields = {0};
    struct run_document document;
    struct problem problem;

    (void)state;
    assert_true(read_text(&document, EXAMPLE, &problem));
    for (size_t i = 0; i < document.record_count; i++) {
        const struct field *record = record_at(&fields, &document, i);

        assert_int_equal(field_uint(field_get(record, "sequence_number"), 99), i);
        assert_memory_equal(field_bytes(field_get(record, "run_id")).data, document.run_id,
                            RUN_ID_LEN);
        assert_true(field_is_text(field_at(record, "workflow.version"), "14"));
        assert_true(field_is_text(field_at(record, "actor.id"), "engine"));
    }
    record_fields_cleanup(&fields);
    run_document_cleanup(&document);
}

/* The manifest has the edges along which artifacts flow, the models, the policies and the tally. */
static void run_document_read_manifest(void **state)
{
    struct record_fields fields = {0};
    struct run_document document;
    struct problem problem;
    const struct field *manifest;
    const struct field *edge;

    (void)state;
    assert_true(read_text(&document, EXAMPLE, &problem));
    manifest = record_at(&fields, &document, document.record_count - 1);
    assert_int_equal(field_count(field_get(manifest, "nodes")), 3);
    assert_int_equal(field_count(field_get(manifest, "artifacts")), 3);
    assert_int_equal(field_count(field_get(manifest, "edges")), 2);
    edge = field_first(field_get(manifest, "edges"));
    assert_true(field_is_text(field_get(edge, "from_node_id"), "fetch"));
    assert_true(field_is_text(field_get(edge, "to_node_id"), "gate"));
    assert_int_equal(field_count(field_get(manifest, "models")), 1);
    assert_int_equal(field_count(field_get(manifest, "policies")), 1);
    assert_int_equal(field_uint(field_at(manifest, "tally.event_count"), 0), 6);
    assert_int_equal(field_uint(field_at(manifest, "tally.evaluation_count"), 0), 1);
    record_fields_cleanup(&fields);
    run_document_cleanup(&document);
}

/* A text is committed to once: wherever its artifact is named, the digest is the opening's. */
static void run_document_read_openings(void **state)
{
    struct record_fields fields = {0};
    struct run_document document;
    struct problem problem;
    const struct field *evaluation;
    struct hash expected;

    (void)state;
    assert_true(read_text(&document, EXAMPLE, &problem));
    assert_int_equal(document.openings.count, 3);
    assert_string_equal(document.openings.items[0].path, "/nodes/0/outputs/0/content");
    commitment_make(&expected, document.openings.items[0].key,
                    bytes_of_text("the contract's text"));
    assert_true(hash_equal(&expected, &document.openings.items[0].commitment));
    evaluation = record_at(&fields, &document, 4);
    assert_true(bytes_equal(field_bytes(field_at(evaluation, "input.digest")),
                            hash_bytes(&expected)));
    assert_false(bytes_equal(field_bytes(field_at(evaluation, "output.digest")),
                             hash_bytes(&expected)));
    record_fields_cleanup(&fields);
    run_document_cleanup(&document);
}

/* A large run goes into several statements, its manifest into parts, each record fits. */
static void run_document_read_large(void **state)
{
    struct run_document document;
    struct problem problem;
    struct buf json = {0};
    bool has_part = false;

    (void)state;
    buf_append_text(&json, "{" HEAD "\"nodes\":[");
    for (int i = 0; i < 1000; i++)
        buf_append_format(&json,
                          "%s{\"node_id\":\"n%d\",\"kind\":\"tool\",\"inputs\":[\"a%d\"],"
                          "\"outputs\":[{\"artifact_id\":\"a%d\",\"content\":\"%d\"}]}",
                          i == 0 ? "" : ",", i, i, i + 1, i);
    buf_append_text(&json, "]}");
    if (!read_text(&document, buf_text(&json), &problem))
        fail_msg("%s %s", problem.detail, problem.path);
    for (size_t i = 0; i < document.payload_count; i++) {
        struct record_reader reader = record_reader_of(bytes_of_buf(&document.payloads[i]));
        struct record record;

        assert_true(document.payloads[i].len <= RUN_PAYLOAD_LEN_MAX + 8);
        while (record_next(&reader, &record))
            has_part = has_part || bytes_equal_text(record.type, "manifest-part");
    }
    assert_true(has_part);
    run_document_cleanup(&document);
    buf_cleanup(&json);
}

/* What is missing, unknown or cannot be read is named by its path. */
static void run_document_read_refused(void **state)
{
    static const struct {
        const char *json;
        const char *path;
    } rows[] = {
        {"", "/"},
        {"[]", "/"},
        {"{}", "/workflow"},
        {"{" HEAD "\"nodes\":[]}", "/nodes"},
        {"{" HEAD "\"nodes\":{}}", "/nodes"},
        {"{" HEAD "\"nodes\":[1]}", "/nodes/0"},
        {"{" HEAD "\"nodes\":[{\"kind\":\"tool\"}]}", "/nodes/0/node_id"},
        {"{" HEAD "\"colour\":1,\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\"}]}", "/colour"},
        {"{" HEAD "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\",\"inputs\":[{}]}]}",
         "/nodes/0/inputs/0/artifact_id"},
        {"{" HEAD "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"policy\",\"evaluation\":"
         "{\"policy\":\"pii\",\"decision\":\"allow\",\"remedy\":\"none\"}}]}",
         "/nodes/0/evaluation/policy"},
        {"{" HEAD "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"model\",\"model_call\":"
         "{\"request_model\":\"reader@1\"}}]}",
         "/nodes/0/model_call/request_model"},
        {"{" HEAD "\"run_id\":\"AAAA\",\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\"}]}",
         "/run_id"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct run_document document;
        struct problem problem;

        assert_false(read_text(&document, rows[i].json, &problem));
        assert_string_equal(problem.path, rows[i].path);
    }
}

/* HMAC-SHA-256 of "vouch/opening/v1" NUL "payload" under the key 00 01 … 1f, from Python's hmac. */
static void commitment_make_known(void **state)
{
    uint8_t key[OPENING_KEY_LEN];
    struct hash commitment;
    static const uint8_t expected[HASH_LEN] = {
        0xc0, 0x0e, 0x47, 0x9b, 0x90, 0xf5, 0x72, 0x63, 0x85, 0x05, 0x8a, 0x33,
        0x48, 0xd0, 0x8d, 0x3d, 0xe8, 0xba, 0xd2, 0xd5, 0xc3, 0x7c, 0x03, 0xa2,
        0xb9, 0x68, 0x5c, 0x15, 0x16, 0xb1, 0x3e, 0xb6};

    (void)state;
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    commitment_make(&commitment, key, bytes_of_text("payload"));
    assert_memory_equal(commitment.bytes, expected, HASH_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_document_read_example), cmocka_unit_test(run_document_read_headers),
        cmocka_unit_test(run_document_read_manifest), cmocka_unit_test(run_document_read_openings),
        cmocka_unit_test(run_document_read_large),   cmocka_unit_test(run_document_read_refused),
        cmocka_unit_test(commitment_make_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
