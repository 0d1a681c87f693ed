#include "schemas/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "schemas/dcbor.h"
#include "schemas/statement.h"

static const char DIGEST_LABEL[] = "vouch/record/v1"; /* hashed with its terminating zero */
static const char TYPE_KEY[] = "type";
static const char RULE_SCHEMA[] = "G2";

/* Finds the "type" of a checked map; keys are sorted, so it comes early. */
static bool find_type(struct dcbor_item *out, struct bytes record)
{
    struct dcbor_reader reader = dcbor_reader_of(record);
    struct err ignored = {0};
    uint64_t count;

    if (!dcbor_read_map(&reader, &count, &ignored))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        struct bytes key;

        if (!dcbor_read_text(&reader, &key, &ignored) || key.len > sizeof(TYPE_KEY) - 1)
            return false;
        if (bytes_equal_text(key, TYPE_KEY))
            return dcbor_read(&reader, out, &ignored);
        if (!dcbor_skip(&reader, NULL, &ignored))
            return false;
    }
    return false;
}

/* number: of the record in an array; a payload that is one record has no number in its paths. */
static bool add_path(struct problem *problem, bool in_array, uint64_t number, const char *member,
                     const char *have, const char *want)
{
    char path[160];

    if (in_array)
        snprintf(path, sizeof(path), "/%" PRIu64 "%s", number, member);
    else
        snprintf(path, sizeof(path), "%s", member[0] == 0 ? "/" : member);
    return problem_add(problem, path, have, want);
}

static bool check_record(struct bytes record, bool in_array, uint64_t number,
                         struct problem *problem)
{
    struct dcbor_reader reader = dcbor_reader_of(record);
    struct err ignored = {0};
    struct dcbor_item item;

    if (!dcbor_read(&reader, &item, &ignored) || item.type != DCBOR_MAP) {
        problem_set(problem, PROBLEM_RECORD, "A record must be a map.");
        return add_path(problem, in_array, number, "", NULL, "a map with a text \"type\"");
    }
    if (!find_type(&item, record)) {
        problem_set(problem, PROBLEM_RECORD, "A record has no \"type\".");
        return add_path(problem, in_array, number, "/type", "nothing", "text");
    }
    if (item.type != DCBOR_TEXT) {
        problem_set(problem, PROBLEM_RECORD, "The \"type\" of a record must be text.");
        return add_path(problem, in_array, number, "/type", NULL, "text");
    }
    if (item.string.len == 0 || item.string.len > RECORD_TYPE_LEN_MAX) {
        problem_set(problem, PROBLEM_RECORD, "The \"type\" of a record has %zu bytes.",
                    item.string.len);
        return add_path(problem, in_array, number, "/type", NULL, "text of 1 to 64 bytes");
    }
    return true;
}

/* Where in the payload, as a path; "/" is the payload itself. */
static bool refuse_cbor(struct problem *problem, const struct dcbor_reader *reader,
                        const struct err *err)
{
    char path[sizeof(problem->path)];

    dcbor_path(path, sizeof(path), reader->input, reader->position);
    problem_set(problem, PROBLEM_CBOR, "The payload is not deterministic CBOR: %s.", err->text);
    return problem_add(problem, path[0] == 0 ? "/" : path, NULL, NULL);
}

static bool refuse_by_schema(struct problem *problem, const char *detail, bool in_array,
                             uint64_t number, const struct cddl_mismatch *mismatch)
{
    problem_set(problem, PROBLEM_SCHEMA, "%s", detail);
    problem_add_rule(problem, RULE_SCHEMA);
    return add_path(problem, in_array, number, mismatch->path, mismatch->have, mismatch->want);
}

/* A record whose form is checked. */
static bool validate_record(const struct record_schema *schema, struct bytes record, bool in_array,
                            uint64_t number, struct problem *problem)
{
    const struct record_schema_type *type;
    struct cddl_mismatch mismatch = {.path = "/type", .want = "a type that issuers may write"};
    struct dcbor_item item;

    CHECK(find_type(&item, record));
    type = record_schema_find(schema, item.string);
    if (type == NULL || record_schema_type_is_of_log(type)) {
        snprintf(mismatch.have, sizeof(mismatch.have), "\"%.*s\"", (int)item.string.len,
                 (const char *)item.string.data);
        return refuse_by_schema(problem,
                                type == NULL ? "No record type has this name."
                                             : "Only the log writes records of this type.",
                                in_array, number, &mismatch);
    }
    if (record_schema_check(schema, type, record, &mismatch))
        return true;
    return refuse_by_schema(problem, "A record is not what the schema says its type must be.",
                            in_array, number, &mismatch);
}

static bool check_next(const struct record_schema *schema, struct dcbor_reader *reader,
                       bool in_array, uint64_t number, struct problem *problem)
{
    struct err err = {0};
    struct bytes record;

    if (!dcbor_check_next(reader, &record, in_array, &err))
        return refuse_cbor(problem, reader, &err);
    if (!check_record(record, in_array, number, problem))
        return false;
    return schema == NULL || validate_record(schema, record, in_array, number, problem);
}

bool record_check_payload(struct bytes payload, size_t *out_count, struct problem *problem)
{
    return record_validate_payload(NULL, payload, out_count, problem);
}

bool record_validate_payload(const struct record_schema *schema, struct bytes payload,
                             size_t *out_count, struct problem *problem)
{
    struct dcbor_reader reader = dcbor_reader_of(payload);
    struct dcbor_reader start = reader;
    struct dcbor_item first;
    struct err err = {0};
    bool in_array;
    uint64_t count = 1;

    if (!dcbor_read(&start, &first, &err))
        return refuse_cbor(problem, &start, &err);
    in_array = first.type == DCBOR_ARRAY;
    if (in_array) {
        reader = start;
        count = first.value;
        if (count < 2 || count > STATEMENT_RECORDS_MAX) {
            problem_set(problem, PROBLEM_RECORD, "The payload is an array of %" PRIu64 " records.",
                        count);
            return problem_add(problem, "/", NULL, "one record, or an array of 2 to 1024");
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!check_next(schema, &reader, in_array, i, problem))
            return false;
    }
    if (!dcbor_read_end(&reader, &err))
        return refuse_cbor(problem, &reader, &err);
    *out_count = (size_t)count;
    return true;
}

struct record_reader record_reader_of(struct bytes checked_payload)
{
    struct dcbor_reader reader = dcbor_reader_of(checked_payload);
    struct record_reader out = {.rest = checked_payload, .count = 1};
    struct dcbor_item item;
    struct err err = {0};

    CHECK(dcbor_read(&reader, &item, &err));
    if (item.type == DCBOR_ARRAY) {
        out.count = (size_t)item.value;
        out.rest = bytes_slice(checked_payload, reader.position, checked_payload.len);
    }
    return out;
}

bool record_next(struct record_reader *reader, struct record *out)
{
    struct dcbor_reader next = dcbor_reader_of(reader->rest);
    struct dcbor_item type;
    struct err err = {0};

    if (reader->rest.len == 0)
        return false;
    CHECK(dcbor_skip(&next, &out->encoded, &err));
    CHECK(find_type(&type, out->encoded));
    out->type = type.string;
    reader->rest = bytes_slice(reader->rest, next.position, reader->rest.len);
    return true;
}

bool record_next_fields(struct record_reader *reader, struct record_fields *fields,
                        struct record *out)
{
    struct dcbor_reader next = dcbor_reader_of(reader->rest);
    struct err err = {0};

    if (reader->rest.len == 0)
        return false;
    CHECK(record_fields_read_next(fields, &next, &err));
    out->encoded = bytes_slice(reader->rest, 0, next.position);
    out->type = field_text(field_get(fields->fields, "type"));
    reader->rest = bytes_slice(reader->rest, next.position, reader->rest.len);
    return true;
}

void record_digest_begin(struct hasher *out, struct bytes issuer)
{
    struct buf head = {0};

    dcbor_put_array(&head, 2);
    dcbor_put_text(&head, issuer);
    hasher_init(out);
    hasher_update(out, bytes_of(DIGEST_LABEL, sizeof(DIGEST_LABEL)));
    hasher_update(out, bytes_of_buf(&head));
    buf_cleanup(&head);
}

void record_digest_finish(struct hash *out, const struct hasher *begun,
                          struct bytes encoded_record)
{
    struct hasher hasher = *begun;

    hasher_update(&hasher, encoded_record);
    hasher_final(&hasher, out);
}

void record_digest(struct hash *out, struct bytes issuer, struct bytes encoded_record)
{
    struct hasher begun;

    record_digest_begin(&begun, issuer);
    record_digest_finish(out, &begun, encoded_record);
}
