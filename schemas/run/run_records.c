#include "schemas/run/run_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/record.h"
#include "schemas/run/run_members.h"
#include "schemas/run/run_problem.h"

/* UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random. */
static bool make_id(uint8_t out[RUN_ID_LEN], const struct run_records *records, uint64_t at_ms,
                    struct problem *problem)
{
    struct err err = {0};

    if (!run_random_fill(records->random, out, RUN_ID_LEN, &err))
        return problem_from_err(problem, &err);
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)(at_ms >> (40 - 8 * i));
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x70);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
    return true;
}

static bool take_run_id(struct run_records *out, struct problem *problem)
{
    const struct field *given = field_get(out->document, "run_id");

    if (given == NULL)
        return make_id(out->run_id, out, out->started_at_ms, problem);
    if (field_bytes(given).len != RUN_ID_LEN)
        return run_problem_set(problem, out->document->encoded, given, NULL,
                               "a UUID: 16 bytes in base64url, or 8-4-4-4-12 digits");
    memcpy(out->run_id, field_bytes(given).data, RUN_ID_LEN);
    return true;
}

/* A run lasts from the first of its nodes' times to the last, when it does not say otherwise. */
static void take_times(struct run_records *out)
{
    const struct field *nodes = field_get(out->document, "nodes");
    uint64_t first = UINT64_MAX;
    uint64_t last = 0;

    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        uint64_t started_at_ms = field_uint(field_get(node, "started_at_ms"), UINT64_MAX);
        uint64_t ended_at_ms = field_uint(field_get(node, "ended_at_ms"), started_at_ms);

        first = started_at_ms < first ? started_at_ms : first;
        first = ended_at_ms < first ? ended_at_ms : first;
        last = ended_at_ms != UINT64_MAX && ended_at_ms > last ? ended_at_ms : last;
    }
    if (last == 0)
        last = out->options->now_ms;
    out->ended_at_ms = field_uint(field_get(out->document, "ended_at_ms"), last);
    if (first == UINT64_MAX)
        first = out->ended_at_ms;
    out->started_at_ms = field_uint(field_get(out->document, "started_at_ms"), first);
}

bool run_records_init(struct run_records *out, const struct field *document,
                      const struct run_document_options *options, struct run_random *random,
                      struct problem *problem)
{
    struct buf stream = {0};

    *out = (struct run_records){.options = options, .document = document, .random = random};
    take_times(out);
    if (!take_run_id(out, problem))
        return false;
    buf_append_text(&stream, "run-");
    text_append_hex(&stream, bytes_of(out->run_id, RUN_ID_LEN));
    snprintf(out->stream, sizeof(out->stream), "%s", buf_text(&stream));
    buf_cleanup(&stream);
    return true;
}

static void cleanup_record(struct run_record *record)
{
    buf_cleanup(&record->encoded);
    free(record->place);
    *record = (struct run_record){0};
}

void run_records_cleanup(struct run_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        cleanup_record(&records->items[i]);
    cleanup_record(&records->next);
    free(records->items);
    *records = (struct run_records){0};
}

static void put_actor(struct record_maker *maker, const struct run_records *records,
                      const struct field *given)
{
    struct record_maker actor = {0};
    struct buf encoded = {0};

    if (given == NULL)
        given = field_get(records->document, "actor");
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

bool run_records_begin(struct run_records *records, struct record_maker *maker,
                       const struct run_record_head *head, struct problem *problem)
{
    struct run_record *next = &records->next;
    const struct field *tenant = field_get(records->document, "tenant");

    *maker = (struct record_maker){0};
    cleanup_record(next); /* one that was begun and discarded */
    next->type = head->type;
    if (!make_id(next->id, records, head->occurred_at_ms, problem))
        return false;
    next->place = mem_copy_text(head->place);
    record_maker_put_literal(maker, "type", head->type);
    record_maker_put_uint(maker, "schema_version", 1);
    record_maker_put_bytes(maker, "record_id", bytes_of(next->id, RUN_ID_LEN));
    if (tenant != NULL)
        record_maker_put_field(maker, "tenant", tenant);
    else if (records->options->tenant != NULL)
        record_maker_put_literal(maker, "tenant", records->options->tenant);
    record_maker_put_uint(maker, "occurred_at_ms", head->occurred_at_ms);
    record_maker_put_literal(maker, "stream", records->stream);
    record_maker_put_uint(maker, "sequence_number", records->count);
    put_actor(maker, records, head->actor);
    record_maker_put_bytes(maker, "run_id", bytes_of(records->run_id, RUN_ID_LEN));
    run_names_put(maker, records->document, run_names_header);
    return true;
}

/* At the part of the document that the record was made of. */
static bool refuse_length(const struct run_records *records, size_t len, struct problem *problem)
{
    const char *place = records->next.place;

    if (len > RUN_PAYLOAD_LEN_MAX)
        problem_set(problem, PROBLEM_TOO_LARGE,
                    "The %s made of this has %zu bytes; a statement holds %d.",
                    records->next.type, len, RUN_PAYLOAD_LEN_MAX);
    else
        problem_set(problem, PROBLEM_TOO_LARGE, "The records of the run have more than %d bytes.",
                    RUN_RECORDS_LEN_MAX);
    return problem_add(problem, place[0] == 0 ? "/" : place, NULL, NULL);
}

bool run_records_end(struct run_records *records, struct record_maker *maker,
                     struct problem *problem)
{
    struct run_record *record = &records->next;

    record_maker_finish(maker, &record->encoded);
    records->len += record->encoded.len;
    if (record->encoded.len > RUN_PAYLOAD_LEN_MAX || records->len > RUN_RECORDS_LEN_MAX) {
        return refuse_length(records, record->encoded.len, problem);
    }
    record_digest(&record->digest, bytes_of_text(records->options->issuer),
                  bytes_of_buf(&record->encoded));
    if (records->count == records->capacity) {
        records->capacity = records->capacity == 0 ? 32 : records->capacity * 2;
        records->items =
            mem_realloc_array(records->items, records->capacity, sizeof(*records->items));
    }
    records->items[records->count++] = *record;
    *record = (struct run_record){0};
    return true;
}

const struct run_record *run_records_last(const struct run_records *records)
{
    return &records->items[records->count - 1];
}

void run_records_put_reference(struct buf *out, const struct run_record *record)
{
    struct record_maker maker = {0};

    record_maker_put_bytes(&maker, "record_id", bytes_of(record->id, RUN_ID_LEN));
    record_maker_put_bytes(&maker, "record_digest", hash_bytes(&record->digest));
    record_maker_finish(&maker, out);
}

char **run_records_take_places(struct run_records *records)
{
    char **places = mem_alloc_array(records->count + 1, sizeof(*places));

    for (size_t i = 0; i < records->count; i++) {
        places[i] = records->items[i].place;
        records->items[i].place = NULL;
    }
    return places;
}

/* A reader of the document has not seen the record. */
static bool explain(struct problem *problem, const char *type)
{
    struct problem inside = *problem;

    problem_set(problem, inside.kind, "The %s made of this is not what its type must be.", type);
    problem_add(problem, inside.path, inside.have, inside.want);
    return problem_add_rule(problem, inside.rule);
}

bool run_records_check(const struct run_records *records, struct problem *problem)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct run_record *record = &records->items[i];
        size_t count;

        if (!record_validate_payload(records->options->schema, bytes_of_buf(&record->encoded),
                                     &count, problem)) {
            run_problem_move(problem, record->place);
            return explain(problem, record->type);
        }
    }
    return true;
}
