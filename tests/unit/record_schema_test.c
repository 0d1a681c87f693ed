#include "schemas/record_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_records.h"
#include "tests/support/vectors.h"

static const char ACME[] = "record /= acme-deployment\n"
                           "acme-deployment = {\n"
                           "  type: \"acme-deployment\", maybe-in-run,\n"
                           "  cluster: id, image_digest: hash32,\n"
                           "  ? rollout_hashes: [1* hash32], ? step_names: [* note]\n"
                           "}\n";

/* A directory with one file of CDDL in it. */
struct folder {
    char path[64];
    char file[80];
};

static void make_folder(struct folder *out, const char *text)
{
    struct err err = {0};

    snprintf(out->path, sizeof(out->path), "/tmp/vouch-schema-XXXXXX");
    assert_non_null(mkdtemp(out->path));
    snprintf(out->file, sizeof(out->file), "%s/acme.cddl", out->path);
    assert_true(file_write_durable(out->file, bytes_of_text(text), 0644, &err));
}

static void remove_folder(const struct folder *folder)
{
    assert_int_equal(unlink(folder->file), 0);
    assert_int_equal(rmdir(folder->path), 0);
}

static struct record_schema *load(const char *text, struct err *err)
{
    struct record_schema *schema = NULL;
    struct folder folder;
    const char *paths[] = {folder.path};

    make_folder(&folder, text);
    if (!record_schema_load(&schema, paths, 1, err))
        assert_null(schema);
    remove_folder(&folder);
    return schema;
}

static struct record_schema *load_built_in(void)
{
    struct record_schema *schema = NULL;
    struct err err = {0};

    if (!record_schema_load(&schema, NULL, 0, &err))
        fail_msg("%s", err.text);
    return schema;
}

/* The built-in types are those of records.cddl, each with its name; the log's own are told apart.
 */
static void record_schema_load_built_in(void **state)
{
    struct record_schema *schema = load_built_in();
    size_t of_log = 0;

    (void)state;
    assert_int_equal(record_schema_type_count(schema), 25);
    for (size_t i = 0; i < record_schema_type_count(schema); i++) {
        const struct record_schema_type *type = record_schema_type_at(schema, i);

        assert_ptr_equal(record_schema_find(schema, record_schema_type_name(type)), type);
        of_log += record_schema_type_is_of_log(type);
    }
    assert_int_equal(of_log, 3);
    assert_null(record_schema_find(schema, bytes_of_text("refusal")));
    assert_null(record_schema_find(schema, bytes_of_text("")));
    assert_true(record_schema_type_is_of_log(record_schema_find(schema, bytes_of_text("seal"))));
    record_schema_free(schema);
}

/* The byte fields are those that byte_fields.h knows, and those of added types too. */
static void record_schema_byte_fields_of_added_types(void **state)
{
    struct record_schema *schema = load_built_in();
    const struct byte_fields *fields = record_schema_byte_fields(schema);
    struct err err = {0};

    (void)state;
    assert_int_equal(fields->count, byte_fields_known()->count);
    for (size_t i = 0; i < fields->count; i++)
        assert_true(bytes_equal(fields->names[i], byte_fields_known()->names[i]));
    record_schema_free(schema);
    schema = load(ACME, &err);
    assert_non_null(schema);
    fields = record_schema_byte_fields(schema);
    assert_int_equal(fields->count, byte_fields_known()->count + 2);
    assert_true(byte_fields_have(fields, bytes_of_text("image_digest")));
    assert_true(byte_fields_have(fields, bytes_of_text("rollout_hashes")));
    assert_false(byte_fields_have(fields, bytes_of_text("step_names")));
    record_schema_free(schema);
}

/* Every type as the test samples have it is what the schema says, and comes back from JSON. */
static void record_schema_check_every_type(void **state)
{
    struct record_schema *schema = load_built_in();
    struct sample_records records;
    char name[SAMPLE_TYPE_LEN_MAX];
    struct buf record = {0};
    struct buf json = {0};
    struct buf again = {0};

    (void)state;
    sample_records_init(&records, "engine.example", 1);
    for (size_t i = 0; sample_record_type(name, i); i++) {
        const struct record_schema_type *type = record_schema_find(schema, bytes_of_text(name));
        struct cddl_mismatch mismatch = {0};
        struct err err = {0};

        buf_clear(&record);
        buf_clear(&json);
        buf_clear(&again);
        sample_record_append(&record, &records, name);
        assert_non_null(type);
        if (!record_schema_check(schema, type, bytes_of_buf(&record), &mismatch))
            fail_msg("%s %s: have %s, want %s", name, mismatch.path, mismatch.have, mismatch.want);
        assert_true(view_append_json(&json, bytes_of_buf(&record), false, &err));
        assert_true(view_parse_json_of(&again, bytes_of_buf(&json),
                                       record_schema_byte_fields(schema), &err));
        assert_true(bytes_equal(bytes_of_buf(&record), bytes_of_buf(&again)));
    }
    buf_cleanup(&record);
    buf_cleanup(&json);
    buf_cleanup(&again);
    record_schema_free(schema);
}

/* A type that a file adds is checked like any other, its byte strings come from JSON and back. */
static void record_schema_check_an_added_type(void **state)
{
    static const char json[] =
        "{\"actor\":{\"id\":\"ci\",\"kind\":\"service\"},\"cluster\":\"eu-1\",\"image_digest\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"occurred_at_ms\":5,\"record_id\":"
        "\"AAAAAAAAAAAAAAAAAAAAAA\",\"rollout_hashes\":"
        "[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"],\"schema_version\":1,"
        "\"sequence_number\":0,\"tenant\":\"t\",\"type\":\"acme-deployment\"%s}";
    struct err err = {0};
    struct record_schema *schema = load(ACME, &err);
    static const struct {
        const char *more;
        const char *path;
        const char *want;
    } rows[] = {
        {"", NULL, NULL},
        {",\"step_names\":[\"\"]", "/step_names/0", "note: tstr .size (1..2000)"},
        {",\"zebra_crossing\":1", "/zebra_crossing", "only the members of acme-deployment"},
    };

    (void)state;
    assert_non_null(schema);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = mem_format("%.*s%s}", (int)(sizeof(json) - 4), json, rows[i].more);
        struct buf record = {0};
        struct problem problem = {0};
        size_t count;
        bool ok;

        assert_true(view_parse_json_of(&record, bytes_of_text(text),
                                       record_schema_byte_fields(schema), &err));
        ok = record_validate_payload(schema, bytes_of_buf(&record), &count, &problem);
        assert_int_equal(ok, rows[i].path == NULL);
        assert_string_equal(problem.path, ok ? "" : rows[i].path);
        assert_string_equal(problem.want, ok ? "" : rows[i].want);
        buf_cleanup(&record);
        free(text);
    }
    record_schema_free(schema);
}

/* A type that is none is refused with the nearest there is; so is one that only the log writes. */
static void record_validate_payload_of_wrong_types(void **state)
{
    static const struct {
        const char *json;
        const char *path;
        const char *have;
        const char *want;
    } rows[] = {
        {"{\"type\":\"run-strat\"}", "/type", "\"run-strat\"", "\"run-start\"?"},
        {"[{\"type\":\"zebra-crossing-record\"},{\"type\":\"window\"}]", "/0/type",
         "\"zebra-crossing-record\"", "a type that issuers may write"},
        {"{\"type\":\"gate-grant\"}", "/type", "\"gate-grant\"", "a type that issuers may write"},
    };
    struct record_schema *schema = load_built_in();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf payload = {0};
        struct problem problem = {0};
        struct err err = {0};
        size_t count;

        assert_true(view_parse_json(&payload, bytes_of_text(rows[i].json), &err));
        assert_false(record_validate_payload(schema, bytes_of_buf(&payload), &count, &problem));
        assert_int_equal(problem.kind, PROBLEM_SCHEMA);
        assert_string_equal(problem.rule, "G2");
        assert_string_equal(problem.path, rows[i].path);
        assert_string_equal(problem.have, rows[i].have);
        assert_string_equal(problem.want, rows[i].want);
        assert_true(record_check_payload(bytes_of_buf(&payload), &count, &problem));
        buf_cleanup(&payload);
    }
    record_schema_free(schema);
}

/* What is wrong with the form of a record counts more than what is wrong with its members. */
static void record_validate_payload_form_first(void **state)
{
    /* {"type": "window", "extra": 1.0}: members are missing, one is unknown, and there is a float */
    static const uint8_t payload[] = "\xa2\x64type\x66window\x65"
                                     "extra\xf9\x3c\x00";
    struct record_schema *schema = load_built_in();
    struct problem problem = {0};
    size_t count;

    (void)state;
    assert_false(
        record_validate_payload(schema, bytes_of(payload, sizeof(payload) - 1), &count, &problem));
    assert_int_equal(problem.kind, PROBLEM_CBOR);
    record_schema_free(schema);
}

/* The digest is another for any other text, name or order, and the same for the same. */
static void record_schema_digest_names_the_files(void **state)
{
    struct err err = {0};
    struct record_schema *built_in = load_built_in();
    struct record_schema *again = load_built_in();
    struct record_schema *acme = load(ACME, &err);
    struct record_schema *acme_again = load(ACME, &err);
    struct record_schema *other = load("; a comment\n", &err);

    (void)state;
    assert_true(hash_equal(record_schema_digest(built_in), record_schema_digest(again)));
    assert_true(hash_equal(record_schema_digest(acme), record_schema_digest(acme_again)));
    assert_false(hash_equal(record_schema_digest(acme), record_schema_digest(built_in)));
    assert_false(hash_equal(record_schema_digest(other), record_schema_digest(built_in)));
    assert_false(hash_equal(record_schema_digest(other), record_schema_digest(acme)));
    record_schema_free(built_in);
    record_schema_free(again);
    record_schema_free(acme);
    record_schema_free(acme_again);
    record_schema_free(other);
}

/* What breaks a promise that all records keep is refused with its place. */
static void record_schema_load_refused(void **state)
{
    static const struct {
        const char *text;
        const char *error; /* behind the folder; its beginning */
    } rows[] = {
        {"x = { digest: tstr }",
         "/acme.cddl:1:7: digest is text here and a byte string in common.cddl, line "},
        {"x = { actor: { n: bool } }",
         "/acme.cddl:1:7: actor is a map here and another in common.cddl, line "},
        {"x = { controls: [* bool] }",
         "/acme.cddl:1:7: controls is an array here and another in common.cddl, line "},
        {"x = { Cluster: id }",
         "/acme.cddl:1:7: the member name Cluster is not in snake_case of at most 64 bytes"},
        {"x = { \"a-b\": id }",
         "/acme.cddl:1:7: the member name a-b is not in snake_case of at most 64 bytes"},
        {"x = { blob: bytes / tstr }",
         "/acme.cddl:1:13: a choice between a byte string and something else"},
        {"x = { blob: [* bytes] / tstr }",
         "/acme.cddl:1:13: a choice between an array of byte strings and something else"},
        {"x = { blob: [bytes, bool] }",
         "/acme.cddl:1:13: an array that holds byte strings and something else"},
        {"x = { blob: [* [* bytes]] }", "/acme.cddl:1:13: byte strings in an array in an array"},
        {"x = { blob: { * code => bytes } }", "/acme.cddl:1:13: byte strings under free keys"},
        {"x = { blob: { * tstr => bool } }",
         "/acme.cddl:1:13: the keys before => need a size within 1 to 200, as code and key-text "
         "have"},
        {"x = { blob: { * 1..5 => bool } }", "/acme.cddl:1:13: the keys of a map must be text"},
        {"x = { amount: uint }",
         "/acme.cddl:1:15: an integer beyond 63 bits, which JSON readers do not keep: use natural "
         "(and negative), or a limit with .le (and .ge)"},
        {"record /= x  x = { type: \"x\", tenant: id }",
         "/acme.cddl:1:18: the record x has not the member actor as in header: name one of the "
         "groups header, maybe-in-run, in-run, whole-run in it"},
        {"record /= x  x = { header }",
         "/acme.cddl:1:18: a record needs a member like type: \"acme-deployment\""},
        {"record /= x  x = { type: id, header }",
         "/acme.cddl:1:18: a record needs a member like type: \"acme-deployment\""},
        {"record /= x  x = { type: \"seal\", header }",
         "/acme.cddl:1:18: there is another record of type seal, in log.cddl, line "},
        {"header //= ( cluster: id )",
         "/acme.cddl:1:12: of the built-in rules only record can be added to, not header"},
        {"record //= ( x: id )", "/acme.cddl:1:1: record is a type: /= adds to it, not //="},
        {"note /= natural",
         "/acme.cddl:1:9: of the built-in rules only record can be added to, not note"},
        {"record /= natural",
         "/acme.cddl:1:11: a record is a map, nothing else can be added to record"},
        {"recrod /= x  x = { type: \"x\", header }",
         "/acme.cddl:1:1: recrod is extended here and nowhere defined with ="},
        {"id = tstr", "/acme.cddl:1:1: the rule id is defined twice, first in common.cddl, line "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        const char *error;

        assert_null(load(rows[i].text, &err));
        assert_int_equal(err.code, ERR_INVALID);
        error = strchr(err.text + strlen("/tmp/"), '/');
        if (error == NULL || strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
            fail_msg("%s", err.text);
    }
}

/* A folder must exist and hold a file, and no file may have the name of another. */
static void record_schema_load_of_wrong_folders(void **state)
{
    struct record_schema *schema = NULL;
    struct folder folder;
    const char *twice[] = {folder.path, folder.path};
    const char *missing[] = {"/nonexistent/vouch"};
    const char *empty[] = {VECTORS_DIR};
    struct err err = {0};

    (void)state;
    make_folder(&folder, "; nothing\n");
    assert_false(record_schema_load(&schema, twice, 2, &err));
    assert_non_null(
        strstr(err.text, "/acme.cddl: there is another schema file of this name: /tmp/"));
    assert_false(record_schema_load(&schema, missing, 1, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(record_schema_load(&schema, empty, 1, &err));
    assert_non_null(strstr(err.text, "there is no schema file (*.cddl) here"));
    remove_folder(&folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_schema_load_built_in),
        cmocka_unit_test(record_schema_byte_fields_of_added_types),
        cmocka_unit_test(record_schema_check_every_type),
        cmocka_unit_test(record_schema_check_an_added_type),
        cmocka_unit_test(record_validate_payload_of_wrong_types),
        cmocka_unit_test(record_validate_payload_form_first),
        cmocka_unit_test(record_schema_digest_names_the_files),
        cmocka_unit_test(record_schema_load_refused),
        cmocka_unit_test(record_schema_load_of_wrong_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
