#include "schemas/run/run_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/key.h"
#include "schemas/record.h"
#include "schemas/run/run_members.h"

/* UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random. */
static bool make_id(uint8_t out[RUN_ID_LEN], const struct run_records *records, uint64_t at_ms,
                    struct err *err)
{
    bool (*fill)(uint8_t *, size_t, struct err *) =
        records->options->make_random == NULL ? random_fill : records->options->make_random;

    if (!fill(out, RUN_ID_LEN, err))
        return err_wrap(err, "make an id");
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)(at_ms >> (40 - 8 * i));
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x70);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
    return true;
}

static bool take_run_id(struct run_records *out, struct problem *problem)
{
    const struct field *given = field_get(out->document, "run_id");
    struct err err = {0};

    if (given == NULL)
        return make_id(out->run_id, out, out->started_at_ms, &err) ||
               problem_from_err(problem, &err);
    if (field_bytes(given).len != RUN_ID_LEN) {
        problem_set(problem, PROBLEM_RECORD, "The run id is not a UUID.");
        return problem_add(problem, "/run_id", NULL, "16 bytes in base64url");
    }
    memcpy(out->run_id, field_bytes(given).data, RUN_ID_LEN);
    return true;
}

bool run_records_init(struct run_records *out, const struct field *document,
                      const struct run_document_options *options, struct problem *problem)
{
    struct buf stream = {0};

    *out = (struct run_records){.options = options, .document = document};
    out->ended_at_ms = field_uint(field_get(document, "ended_at_ms"), options->now_ms);
    out->started_at_ms = field_uint(field_get(document, "started_at_ms"), out->ended_at_ms);
    if (!take_run_id(out, problem))
        return false;
    buf_append_text(&stream, "run-");
    text_append_hex(&stream, bytes_of(out->run_id, RUN_ID_LEN));
    snprintf(out->stream, sizeof(out->stream), "%s", buf_text(&stream));
    buf_cleanup(&stream);
    return true;
}

void run_records_cleanup(struct run_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        buf_cleanup(&records->items[i].encoded);
    free(records->items);
    *records = (struct run_records){0};
}

static void put_actor(struct record_maker *maker, const struct run_records *records)
{
    const struct field *given = field_get(records->document, "actor");
    struct record_maker actor = {0};
    struct buf encoded = {0};

    if (given != NULL) {
        record_maker_put_field(maker, "actor", given);
        return;
    }
    record_maker_put_literal(&actor, "kind", "service");
    record_maker_put_literal(&actor, "id", records->options->issuer);
    record_maker_finish(&actor, &encoded);
    record_maker_put_encoded(maker, "actor", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

bool run_records_begin(struct run_records *records, struct record_maker *maker, const char *type,
                       uint64_t occurred_at_ms, struct err *err)
{
    const struct field *tenant = field_get(records->document, "tenant");

    *maker = (struct record_maker){0};
    if (!make_id(records->next_id, records, occurred_at_ms, err))
        return false;
    record_maker_put_literal(maker, "type", type);
    record_maker_put_uint(maker, "schema_version", 1);
    record_maker_put_bytes(maker, "record_id", bytes_of(records->next_id, RUN_ID_LEN));
    if (tenant != NULL)
        record_maker_put_field(maker, "tenant", tenant);
    else if (records->options->tenant != NULL)
        record_maker_put_literal(maker, "tenant", records->options->tenant);
    record_maker_put_uint(maker, "occurred_at_ms", occurred_at_ms);
    record_maker_put_literal(maker, "stream", records->stream);
    record_maker_put_uint(maker, "sequence_number", records->count);
    put_actor(maker, records);
    record_maker_put_bytes(maker, "run_id", bytes_of(records->run_id, RUN_ID_LEN));
    run_names_put(maker, records->document, run_names_header);
    return true;
}

const struct run_record *run_records_end(struct run_records *records, struct record_maker *maker)
{
    struct run_record *record;

    if (records->count == records->capacity) {
        records->capacity = records->capacity == 0 ? 32 : records->capacity * 2;
        records->items =
            mem_realloc_array(records->items, records->capacity, sizeof(*records->items));
    }
    record = &records->items[records->count++];
    *record = (struct run_record){0};
    record_maker_finish(maker, &record->encoded);
    record_digest(&record->digest, bytes_of_text(records->options->issuer),
                  bytes_of_buf(&record->encoded));
    memcpy(record->id, records->next_id, RUN_ID_LEN);
    return record;
}

void run_records_put_reference(struct buf *out, const struct run_record *record)
{
    struct record_maker maker = {0};

    record_maker_put_bytes(&maker, "record_id", bytes_of(record->id, RUN_ID_LEN));
    record_maker_put_bytes(&maker, "record_digest", hash_bytes(&record->digest));
    record_maker_finish(&maker, out);
}
