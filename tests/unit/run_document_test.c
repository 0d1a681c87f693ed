#include "schemas/run/run_document.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "schemas/record.h"
#include "schemas/record_fields.h"
#include "tests/support/cmocka_all.h"

enum { NOW_MS = 1795000000 };

#define HEAD                                                                                       \
    "\"tenant\":\"acme\",\"workflow\":\"review@14\",\"environment\":\"production\","               \
    "\"risk\":\"high\",\"mode\":\"live\",\"trigger\":{\"kind\":\"user\",\"triggered_by\":\"u\"},"
#define ONE_NODE "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\"}]"

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

static struct record_schema *schema;

static int load_schema(void **state)
{
    struct err err = {0};

    (void)state;
    return record_schema_load(&schema, NULL, 0, &err) ? 0 : -1;
}

static int free_schema(void **state)
{
    (void)state;
    record_schema_free(schema);
    return 0;
}

static struct run_document_options options(void)
{
    static const uint8_t seed[RUN_SEED_LEN] = {7};

    return (struct run_document_options){.issuer = "engine",
                                         .now_ms = NOW_MS * UINT64_C(1000),
                                         .seed = seed,
                                         .schema = schema};
}

static bool read_text(struct run_document *out, const char *json, struct problem *problem)
{
    struct run_document_options with = options();

    return run_document_read(out, bytes_of_text(json), &with, problem);
}

static void must_read(struct run_document *out, const char *json)
{
    struct problem problem = {0};

    if (!read_text(out, json, &problem))
        fail_msg("%s at %s: have %s, want %s", problem.detail, problem.path, problem.have,
                 problem.want);
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

static const struct field *manifest_of(struct record_fields *fields,
                                       const struct run_document *document)
{
    return record_at(fields, document, document->record_count - 1);
}

/* "type" or "event" of every record, one after the other: "run-start start end run-manifest". */
static const char *story_of(const struct run_document *document)
{
    static char story[512];
    struct record_fields fields = {0};
    size_t len = 0;

    for (size_t i = 0; i < document->record_count; i++) {
        const struct field *record = record_at(&fields, document, i);
        const struct field *event = field_get(record, "event");
        struct bytes word = field_text(event != NULL ? event : field_get(record, "type"));

        len += (size_t)snprintf(story + len, sizeof(story) - len, "%s%.*s", i == 0 ? "" : " ",
                                (int)word.len, (const char *)word.data);
        assert_true(len < sizeof(story));
    }
    record_fields_cleanup(&fields);
    return story;
}

/* A document becomes the records an engine would have sent: start, events, evaluation, manifest. */
static void run_document_read_example(void **state)
{
    struct run_document document;
    struct problem problem;
    size_t count;

    (void)state;
    must_read(&document, EXAMPLE);
    assert_int_equal(document.payload_count, 1);
    assert_true(record_validate_payload(schema, bytes_of_buf(&document.payloads[0]), &count,
                                        &problem));
    assert_int_equal(count, document.record_count);
    assert_string_equal(story_of(&document),
                        "run-start start end start policy-evaluation end start end run-manifest");
    run_document_cleanup(&document);
}

/* The shipped example is what the schema asks for, and every text in it has its opening. */
static void run_document_read_shipped(void **state)
{
    struct run_document document;
    struct buf json = {0};
    struct err err = {0};

    (void)state;
    assert_true(file_read(&json, EXAMPLES_DIR "/run-document.json", 1 << 20, &err));
    must_read(&document, buf_text(&json));
    assert_int_equal(document.record_count, 11);
    assert_int_equal(document.openings.count, 4);
    run_document_cleanup(&document);
    buf_cleanup(&json);
}

/* The numbers of the run's own stream begin at 0 and have no gap; all records share the run. */
static void run_document_read_headers(void **state)
{
    struct record_fields fields = {0};
    struct run_document document;

    (void)state;
    must_read(&document, EXAMPLE);
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
    const struct field *manifest;
    const struct field *edge;

    (void)state;
    must_read(&document, EXAMPLE);
    manifest = manifest_of(&fields, &document);
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
    const struct field *evaluation;
    struct hash expected;

    (void)state;
    must_read(&document, EXAMPLE);
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

/* What a payload text says is nowhere in the records. */
static void run_document_read_keeps_texts_out(void **state)
{
    struct run_document document;

    (void)state;
    must_read(&document, EXAMPLE);
    assert_null(memmem(document.payloads[0].data, document.payloads[0].len, "contract's", 10));
    run_document_cleanup(&document);
}

static void assert_same(const struct run_document *a, const struct run_document *b, bool same)
{
    assert_int_equal(bytes_equal(bytes_of_buf(&a->payloads[0]), bytes_of_buf(&b->payloads[0])),
                     same);
    assert_int_equal(memcmp(a->openings.items[0].key, b->openings.items[0].key,
                            OPENING_KEY_LEN) == 0,
                     same);
}

/* One seed gives the same records and keys again; without one no two splits agree. */
static void run_document_read_seeds(void **state)
{
    struct run_document_options with = options();
    struct run_document first;
    struct run_document again;
    struct problem problem;

    (void)state;
    must_read(&first, EXAMPLE);
    must_read(&again, EXAMPLE);
    assert_same(&first, &again, true);
    run_document_cleanup(&again);
    with.seed = NULL;
    assert_true(run_document_read(&again, bytes_of_text(EXAMPLE), &with, &problem));
    assert_same(&first, &again, false);
    run_document_cleanup(&first);
    run_document_cleanup(&again);
}

/* How a node ended decides which events are made of it; what it did is an event of its own. */
static void run_document_read_endings(void **state)
{
#define ACTION "\"action\":{\"operation\":\"pay\",\"resource\":\"r\",\"arguments\":\"100\"}"
#define DEGRADATION                                                                                \
    "\"degradation\":{\"kind\":\"tool-fallback\",\"planned\":true,\"reason\":{\"code\":\"down\"}}"
    static const struct {
        const char *members;
        const char *events;
    } rows[] = {
        {"\"status\":\"ok\"", "start end"},
        {"\"status\":\"ok\"," ACTION, "start action-executed end"},
        {"\"status\":\"ok\",\"side_effect_key\":\"k\"," ACTION,
         "start action-executed side-effect end"},
        {"\"status\":\"failed\"", "start fail"},
        {"\"status\":\"failed\",\"side_effect_key\":\"k\"," ACTION, "start action-requested fail"},
        {"\"status\":\"skipped\"", "skip"},
        {"\"status\":\"skipped\"," ACTION, "skip"},
        {"\"status\":\"blocked\"", "start action-blocked end"},
        {"\"status\":\"blocked\"," ACTION, "start action-blocked end"},
        {"\"status\":\"fallback\"," DEGRADATION, "start fallback end"},
        {"\"status\":\"fallback\"," DEGRADATION "," ACTION, "start fallback action-executed end"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct run_document document;
        char expected[128];
        char json[1024];

        snprintf(json, sizeof(json), "{%s\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\",%s}]}",
                 HEAD, rows[i].members);
        snprintf(expected, sizeof(expected), "run-start %s run-manifest", rows[i].events);
        must_read(&document, json);
        assert_string_equal(story_of(&document), expected);
        run_document_cleanup(&document);
    }
}

/* The manifest gathers what its nodes refer to, each once, and what the document adds. */
static void run_document_read_gathers(void **state)
{
#define ONE "\"approvals.example/0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b\""
#define TWO "\"approvals.example/0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1c\""
    static const char json[] =
        "{" HEAD "\"approvals\":[" TWO "],\"nodes\":["
        "{\"node_id\":\"a\",\"kind\":\"tool\",\"approval\":" ONE "},"
        "{\"node_id\":\"b\",\"kind\":\"tool\",\"approvals\":[" ONE "," TWO "]},"
        "{\"node_id\":\"c\",\"kind\":\"tool\",\"status\":\"fallback\"," DEGRADATION "}]}";
    struct record_fields fields = {0};
    struct run_document document;
    const struct field *manifest;
    const struct field *first;

    (void)state;
    must_read(&document, json);
    manifest = manifest_of(&fields, &document);
    assert_int_equal(field_count(field_get(manifest, "approvals")), 2);
    assert_int_equal(field_count(field_get(manifest, "overrides")), 0);
    first = field_first(field_get(manifest, "approvals"));
    assert_true(field_is_text(field_get(first, "iss"), "approvals.example"));
    assert_int_equal(field_bytes(field_get(first, "record_id")).len, 16);
    assert_int_equal(field_count(field_get(manifest, "degradations")), 1);
    assert_true(field_is_text(
        field_get(field_first(field_get(manifest, "degradations")), "node_id"), "c"));
    assert_int_equal(
        field_count(field_get(field_first(field_get(manifest, "nodes")), "approvals")), 1);
    record_fields_cleanup(&fields);
    run_document_cleanup(&document);
}

/* A run lasts as long as its nodes, when it does not say how long. */
static void run_document_read_times(void **state)
{
    static const char json[] = "{" HEAD "\"nodes\":["
                               "{\"node_id\":\"a\",\"kind\":\"tool\",\"started_at_ms\":1000,"
                               "\"ended_at_ms\":2000},"
                               "{\"node_id\":\"b\",\"kind\":\"tool\",\"ended_at_ms\":3000}]}";
    struct record_fields fields = {0};
    struct run_document document;
    const struct field *manifest;

    (void)state;
    must_read(&document, json);
    manifest = manifest_of(&fields, &document);
    assert_int_equal(field_uint(field_get(manifest, "started_at_ms"), 0), 1000);
    assert_int_equal(field_uint(field_get(manifest, "ended_at_ms"), 0), 3000);
    run_document_cleanup(&document);
    must_read(&document, "{" HEAD ONE_NODE "}");
    manifest = manifest_of(&fields, &document);
    assert_int_equal(field_uint(field_get(manifest, "started_at_ms"), 0), NOW_MS * UINT64_C(1000));
    record_fields_cleanup(&fields);
    run_document_cleanup(&document);
}

/* A run id is base64url, as in every record, or a UUID as people write it. */
static void run_document_read_run_id(void **state)
{
    static const char *const spellings[] = {"AZmgscLTfk-KW2x9jp8KGw",
                                            "0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b"};
    char subject[RUN_SUBJECT_LEN + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        struct run_document document;
        char json[512];

        snprintf(json, sizeof(json), "{%s\"run_id\":\"%s\",%s}", HEAD, spellings[i], ONE_NODE);
        must_read(&document, json);
        run_document_subject(subject, &document);
        assert_string_equal(subject, "run/0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b");
        run_document_cleanup(&document);
    }
}

/* Labels are the submitter's own: a word that is a shorthand elsewhere is none there. */
static void run_document_read_labels(void **state)
{
    struct record_fields fields = {0};
    struct run_document document;

    (void)state;
    must_read(&document, "{" HEAD "\"labels\":{\"policy\":\"p\",\"content\":\"c\"}," ONE_NODE "}");
    assert_true(field_is_text(
        field_at(record_at(&fields, &document, 0), "labels.content"), "c"));
    assert_int_equal(document.openings.count, 0);
    record_fields_cleanup(&fields);
    run_document_cleanup(&document);
}

/* A large run goes into several statements, its manifest into parts, each record fits. */
static void run_document_read_large(void **state)
{
    struct run_document document;
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
    must_read(&document, buf_text(&json));
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

/* A short document that would become many long records is refused before they are made. */
static void run_document_read_too_large(void **state)
{
    struct run_document document;
    struct problem problem = {0};
    struct buf json = {0};

    (void)state;
    buf_append_text(&json, "{" HEAD "\"labels\":{\"a\":\"");
    for (int i = 0; i < 30000; i++)
        buf_append_byte(&json, 'x');
    buf_append_text(&json, "\"},\"nodes\":[");
    for (int i = 0; i < 1000; i++)
        buf_append_format(&json, "%s{\"node_id\":\"n%d\",\"kind\":\"tool\"}", i == 0 ? "" : ",", i);
    buf_append_text(&json, "]}");
    assert_false(read_text(&document, buf_text(&json), &problem));
    assert_int_equal(problem.kind, PROBLEM_TOO_LARGE);
    assert_null(document.payloads);
    buf_cleanup(&json);
}

#define NODE(members) "{" HEAD "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\"," members "}]}"
#define NODES(first, second)                                                                       \
    "{" HEAD "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\"," first "},"                         \
    "{\"node_id\":\"b\",\"kind\":\"tool\"," second "}]}"

/* What is missing, unknown or cannot be read is named by its path in the document. */
static void run_document_read_refused(void **state)
{
    static const struct {
        const char *json;
        const char *path;
    } rows[] = {
        {"", "/"},
        {"[]", "/"},
        {"{}", "/workflow"},
        {"{\"workflow\":\"r@1\",\"environment\":\"test\",\"risk\":\"low\",\"mode\":\"live\","
         "\"trigger\":{\"kind\":\"user\",\"triggered_by\":\"u\"}," ONE_NODE "}",
         "/tenant"},
        {"{" HEAD "\"nodes\":[]}", "/nodes"},
        {"{" HEAD "\"nodes\":{}}", "/nodes"},
        {"{" HEAD "\"nodes\":[1]}", "/nodes/0"},
        {"{" HEAD "\"nodes\":[{\"kind\":\"tool\"}]}", "/nodes/0/node_id"},
        {"{" HEAD "\"colour\":1," ONE_NODE "}", "/colour"},
        {"{" HEAD "\"a/b\":1," ONE_NODE "}", "/a~1b"},
        {"{" HEAD "\"run_id\":\"AAAA\"," ONE_NODE "}", "/run_id"},
        {"{" HEAD "\"started_at_ms\":\"2026\"," ONE_NODE "}", "/started_at_ms"},
        {"{" HEAD "\"result\":{\"kind\":\"summary\",\"colour\":1}," ONE_NODE "}",
         "/result/colour"},
        {"{" HEAD "\"result\":{\"kind\":\"summary\",\"artifact_id\":\"x\"}," ONE_NODE "}",
         "/result/artifact_id"},
        {"{" HEAD "\"approvals\":{}," ONE_NODE "}", "/approvals"},
        {NODE("\"inputs\":[{}]"), "/nodes/0/inputs/0/artifact_id"},
        {NODE("\"inputs\":[{\"artifact_id\":\"\"}]"), "/nodes/0/inputs/0/artifact_id"},
        {NODE("\"ended_at_ms\":-1"), "/nodes/0/ended_at_ms"},
        {NODE("\"approval\":\"me\""), "/nodes/0/approval"},
        {NODE("\"explanation\":{\"text\":1}"), "/nodes/0/explanation"},
        {NODE("\"explanation\":{\"text\":\"a\",\"colour\":1}"), "/nodes/0/explanation"},
        {NODE("\"evaluation\":{\"policy\":\"pii\",\"decision\":\"allow\",\"remedy\":\"none\"}"),
         "/nodes/0/evaluation/policy"},
        {NODE("\"model_call\":{\"request_model\":\"reader@1\"}"),
         "/nodes/0/model_call/request_model"},
        /* what one artifact is, said twice */
        {NODES("\"outputs\":[\"x\"]", "\"outputs\":[\"x\"]"), "/nodes/1/outputs/0"},
        {NODES("\"outputs\":[{\"artifact_id\":\"x\",\"content\":\"1\"}]",
               "\"inputs\":[{\"artifact_id\":\"x\",\"content\":\"1\"}]"),
         "/nodes/1/inputs/0"},
        {"{" HEAD "\"artifacts\":[{\"artifact_id\":\"x\"},{\"artifact_id\":\"x\"}]," ONE_NODE "}",
         "/artifacts/1"},
        /* what the schema says of the records */
        {"{" HEAD "\"status\":\"fine\"," ONE_NODE "}", "/status"},
        {NODE("\"status\":\"fine\""), "/nodes/0/status"},
        {NODE("\"attempt_count\":\"2\""), "/nodes/0/attempt_count"},
        {NODE("\"tool_call\":{\"name\":\"t\",\"version\":\"1\"}"), "/nodes/0/tool_call/input"},
        {NODE("\"evaluations\":[{\"policy\":\"p@1\",\"decision\":\"allow\",\"remedy\":\"none\"}]"),
         "/nodes/0/evaluations/0/input"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct run_document document;
        struct problem problem;

        if (read_text(&document, rows[i].json, &problem))
            fail_msg("accepted: %s", rows[i].json);
        if (strcmp(problem.path, rows[i].path) != 0)
            fail_msg("%s: %s at %s, not at %s", rows[i].json, problem.detail, problem.path,
                     rows[i].path);
        assert_null(document.payloads);
        assert_null(document.openings.items);
    }
}

/* What a rule finds in a record is found in the document. */
static void run_document_blame_moves_paths(void **state)
{
    static const struct {
        uint32_t number;
        const char *path;
        const char *in_document;
    } rows[] = {
        {0, "/0/trigger/triggered_by", "/trigger/triggered_by"},
        {2, "/2/outputs/0/content", "/nodes/0/outputs/0/content"},
        {4, "/4/findings/0/entity", "/nodes/1/evaluation/findings/0/entity"},
        {8, "/8/nodes/2/condition", "/nodes/2/condition"},
        {4, "/4", "/nodes/1/evaluation"},
        {0, "/0", "/"},
        {0, "", "/"},
    };
    struct run_document document;

    (void)state;
    must_read(&document, EXAMPLE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem;

        problem_set(&problem, PROBLEM_RECORD, "found");
        problem_add(&problem, rows[i].path, NULL, NULL);
        run_document_blame(&document, 0, rows[i].number, &problem);
        assert_string_equal(problem.path, rows[i].in_document);
    }
    run_document_cleanup(&document);
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
        cmocka_unit_test(run_document_read_example),
        cmocka_unit_test(run_document_read_shipped),
        cmocka_unit_test(run_document_read_headers),
        cmocka_unit_test(run_document_read_manifest),
        cmocka_unit_test(run_document_read_openings),
        cmocka_unit_test(run_document_read_keeps_texts_out),
        cmocka_unit_test(run_document_read_seeds),
        cmocka_unit_test(run_document_read_endings),
        cmocka_unit_test(run_document_read_gathers),
        cmocka_unit_test(run_document_read_times),
        cmocka_unit_test(run_document_read_run_id),
        cmocka_unit_test(run_document_read_labels),
        cmocka_unit_test(run_document_read_large),
        cmocka_unit_test(run_document_read_too_large),
        cmocka_unit_test(run_document_read_refused),
        cmocka_unit_test(run_document_blame_moves_paths),
        cmocka_unit_test(commitment_make_known),
    };

    return cmocka_run_group_tests(tests, load_schema, free_schema);
}
