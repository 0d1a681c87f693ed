#include "schemas/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/dcbor.h"
#include "schemas/record_fields.h"
#include "schemas/record_walk.h"
#include "schemas/statement.h"

static const char DIGEST_LABEL[] = "vouch/record/v1"; /* hashed with its terminating zero */
static const char TYPE_KEY[] = "type";
static const char RULE_SCHEMA[] = "G2";

/* Finds the "type" of a map; keys are sorted, so it comes early. */
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

/* What a record begins with; looked at before its form is checked. */
struct peek {
    bool is_map;
    bool has_type;
    struct dcbor_item type;
};

static struct peek peek_at(const struct dcbor_reader *reader)
{
    struct peek peek = {0};
    struct dcbor_reader start = *reader;
    struct err ignored = {0};
    struct dcbor_item item;

    if (!dcbor_read(&start, &item, &ignored) || item.type != DCBOR_MAP)
        return peek;
    peek.is_map = true;
    peek.has_type =
        find_type(&peek.type, bytes_slice(reader->input, reader->position, reader->input.len));
    return peek;
}

static bool check_record(const struct peek *peek, bool in_array, uint64_t number,
                         struct problem *problem)
{
    if (!peek->is_map) {
        problem_set(problem, PROBLEM_RECORD, "A record must be a map.");
        return add_path(problem, in_array, number, "", NULL, "a map with a text \"type\"");
    }
    if (!peek->has_type) {
        problem_set(problem, PROBLEM_RECORD, "A record has no \"type\".");
        return add_path(problem, in_array, number, "/type", "nothing", "text");
    }
    if (peek->type.type != DCBOR_TEXT) {
        problem_set(problem, PROBLEM_RECORD, "The \"type\" of a record must be text.");
        return add_path(problem, in_array, number, "/type", NULL, "text");
    }
    if (peek->type.string.len == 0 || peek->type.string.len > RECORD_TYPE_LEN_MAX) {
        problem_set(problem, PROBLEM_RECORD, "The \"type\" of a record has %zu bytes.",
                    peek->type.string.len);
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

/* A record that is held against its type while its form is checked. */
struct validation {
    struct cddl_walk walk;
    bool has_failed;
    struct cddl_mismatch mismatch; /* written when it has */
};

static void see_item(void *context, const struct dcbor_item *item, size_t position,
                     const struct dcbor_reader *rest)
{
    struct validation *validation = context;

    if (!validation->has_failed)
        validation->has_failed = !cddl_walk_take(&validation->walk, item, position, rest);
}

static bool refuse_type(const struct record_schema *schema, struct problem *problem, bool in_array,
                        uint64_t number, struct bytes name)
{
    bool is_known = record_schema_find(schema, name) != NULL;
    char *nearest = is_known ? NULL : record_schema_nearest(schema, name);
    char have[RECORD_TYPE_LEN_MAX + 3];
    char want[RECORD_TYPE_LEN_MAX + 4] = "a type that issuers may write";

    snprintf(have, sizeof(have), "\"%.*s\"", (int)name.len, (const char *)name.data);
    if (nearest != NULL)
        snprintf(want, sizeof(want), "\"%s\"?", nearest);
    free(nearest);
    problem_set(problem, PROBLEM_SCHEMA, "%s",
                is_known ? "Only the log writes records of this type."
                         : "No record type has this name.");
    problem_add_rule(problem, RULE_SCHEMA);
    return add_path(problem, in_array, number, "/type", have, want);
}

static bool refuse_mismatch(struct problem *problem, const struct cddl_mismatch *mismatch)
{
    problem_set(problem, PROBLEM_SCHEMA, "A record is not what the schema says its type must be.");
    problem_add_rule(problem, RULE_SCHEMA);
    return problem_add(problem, mismatch->path[0] == 0 ? "/" : mismatch->path, mismatch->have,
                       mismatch->want);
}

/* A record of a known type: both in one pass. What is wrong with its form counts first. */
static bool validate_next(const struct record_schema *schema, const struct record_schema_type *type,
                          struct dcbor_reader *reader, bool in_array, struct problem *problem)
{
    struct validation validation;
    struct dcbor_observer observer = {.see = see_item, .context = &validation};
    struct err err = {0};
    struct bytes record;

    validation.has_failed = false;
    record_walk_begin(&validation.walk, schema, type, reader->input, &validation.mismatch);
    if (!dcbor_check_observed(reader, &record, in_array, &observer, &err))
        return refuse_cbor(problem, reader, &err);
    return !validation.has_failed || refuse_mismatch(problem, &validation.mismatch);
}

static bool check_next(const struct record_schema *schema, struct dcbor_reader *reader,
                       bool in_array, uint64_t number, struct problem *problem)
{
    struct peek peek = peek_at(reader);
    const struct record_schema_type *type = NULL;
    struct err err = {0};
    struct bytes record;

    if (schema != NULL && peek.has_type && peek.type.type == DCBOR_TEXT)
        type = record_schema_find(schema, peek.type.string);
    if (type != NULL && !record_schema_type_is_of_log(type))
        return validate_next(schema, type, reader, in_array, problem);
    if (!dcbor_check_next(reader, &record, in_array, &err))
        return refuse_cbor(problem, reader, &err);
    if (!check_record(&peek, in_array, number, problem))
        return false;
    return schema == NULL || refuse_type(schema, problem, in_array, number, peek.type.string);
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

void record_put_all(struct buf *out, struct bytes checked_payload)
{
    struct record_reader reader = record_reader_of(checked_payload);
    struct record record;

    dcbor_put_literal(out, "records");
    dcbor_put_array(out, reader.count);
    while (record_next(&reader, &record))
        buf_append_bytes(out, record.encoded);
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

void record_digest_finish(struct hash *out, const struct hasher *begun, struct bytes encoded_record)
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
