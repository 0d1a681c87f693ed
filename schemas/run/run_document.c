#include "schemas/run/run_document.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/record.h"
#include "schemas/run/run_manifest.h"
#include "schemas/run/run_members.h"
#include "schemas/run/run_problem.h"
#include "schemas/run/run_shorthand.h"
#include "schemas/statement.h"
#include "schemas/view.h"

/* A document on its way: each step's outcome is what the next one borrows from. */
struct split {
    const struct run_document_options *options;
    struct run_random random;
    struct buf written;  /* the document as CBOR */
    struct buf expanded; /* without shorthands */
    struct record_fields fields;
    struct run_artifacts artifacts;
    struct run_records records;
    struct run_node *nodes;
    size_t node_count;
};

static void split_cleanup(struct split *split)
{
    for (size_t i = 0; i < split->node_count; i++)
        run_node_cleanup(&split->nodes[i]);
    free(split->nodes);
    run_records_cleanup(&split->records);
    run_artifacts_cleanup(&split->artifacts);
    record_fields_cleanup(&split->fields);
    buf_cleanup(&split->expanded);
    buf_cleanup(&split->written);
}

static bool read_json(struct split *split, struct openings *openings, struct bytes json,
                      struct problem *problem)
{
    struct err err = {0};

    if (json.len > RUN_DOCUMENT_LEN_MAX)
        return problem_set(problem, PROBLEM_TOO_LARGE, "A run document has at most %d bytes.",
                           RUN_DOCUMENT_LEN_MAX);
    if (!view_parse_json(&split->written, json, &err)) {
        problem_set(problem, PROBLEM_RECORD, "The run document cannot be read: %s.", err.text);
        return problem_add(problem, "/", NULL, "a JSON document");
    }
    if (!run_shorthand_expand(&split->expanded, openings, &split->random,
                              bytes_of_buf(&split->written), problem))
        return false;
    if (!record_fields_read(&split->fields, bytes_of_buf(&split->expanded), &err))
        return problem_from_err(problem, &err);
    return run_members_check(split->fields.fields, split->options->tenant != NULL, problem);
}

static bool add_start(struct split *split, struct problem *problem)
{
    struct run_record_head head = {.type = "run-start",
                                   .place = "",
                                   .occurred_at_ms = split->records.started_at_ms};
    struct record_maker maker;

    if (!run_records_begin(&split->records, &maker, &head, problem))
        return false;
    run_names_put(&maker, split->fields.fields, run_names_start);
    return run_records_end(&split->records, &maker, problem);
}

static bool add_nodes(struct split *split, struct problem *problem)
{
    const struct field *nodes = field_get(split->fields.fields, "nodes");

    split->nodes = mem_alloc_array(field_count(nodes), sizeof(*split->nodes));
    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        struct run_node *next = &split->nodes[split->node_count];

        *next = (struct run_node){.node = node, .number = split->node_count++};
        if (!run_node_split(next, &split->records, &split->artifacts, problem))
            return false;
    }
    return true;
}

static bool make_records(struct split *split, struct problem *problem)
{
    const struct field *document = split->fields.fields;

    return run_records_init(&split->records, document, split->options, &split->random, problem) &&
           run_artifacts_gather(&split->artifacts, document, problem) &&
           add_start(split, problem) && add_nodes(split, problem) &&
           run_manifest_make(&split->records, &split->artifacts, split->nodes, split->node_count,
                             problem) &&
           run_records_check(&split->records, problem);
}

/* ---- payloads ---- */

static void end_payload(struct run_document *out, const struct run_record *records, size_t count)
{
    struct buf *payload;

    out->payloads =
        mem_realloc_array(out->payloads, out->payload_count + 1, sizeof(*out->payloads));
    payload = &out->payloads[out->payload_count++];
    *payload = (struct buf){0};
    if (count > 1)
        dcbor_put_array(payload, count);
    for (size_t i = 0; i < count; i++)
        buf_append_bytes(payload, bytes_of_buf(&records[i].encoded));
}

/* As many records in each statement as it holds. Each fits. */
static void pack(struct run_document *out, struct run_records *records)
{
    size_t begin = 0;
    size_t len = 0;

    for (size_t i = 0; i < records->count; i++) {
        size_t record_len = records->items[i].encoded.len;

        if (i > begin && (len + record_len > RUN_PAYLOAD_LEN_MAX ||
                          i - begin == STATEMENT_RECORDS_MAX)) {
            end_payload(out, &records->items[begin], i - begin);
            begin = i;
            len = 0;
        }
        len += record_len;
    }
    end_payload(out, &records->items[begin], records->count - begin);
    out->record_count = records->count;
    out->places = run_records_take_places(records);
}

bool run_document_read(struct run_document *out, struct bytes json,
                       const struct run_document_options *options, struct problem *problem)
{
    struct split split = {.options = options, .random = {.seed = options->seed}};
    bool ok;

    *out = (struct run_document){0};
    ok = read_json(&split, &out->openings, json, problem) && make_records(&split, problem);
    if (ok) {
        pack(out, &split.records);
        memcpy(out->run_id, split.records.run_id, RUN_ID_LEN);
    } else {
        run_document_cleanup(out);
    }
    split_cleanup(&split);
    return ok;
}

void run_document_cleanup(struct run_document *document)
{
    for (size_t i = 0; i < document->payload_count; i++)
        buf_cleanup(&document->payloads[i]);
    free(document->payloads);
    for (size_t i = 0; i < document->record_count; i++)
        free(document->places[i]);
    free(document->places);
    openings_cleanup(&document->openings);
    *document = (struct run_document){0};
}

void run_document_subject(char out[RUN_SUBJECT_LEN + 1], const struct run_document *document)
{
    size_t len = (size_t)snprintf(out, RUN_SUBJECT_LEN + 1, "run/");

    for (size_t i = 0; i < RUN_ID_LEN; i++) {
        const char *dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";

        len += (size_t)snprintf(out + len, RUN_SUBJECT_LEN + 1 - len, "%s%02x", dash,
                                document->run_id[i]);
    }
}

void run_document_blame(const struct run_document *document, size_t payload,
                        uint32_t record_number, struct problem *problem)
{
    size_t before = 0;
    char prefix[16];

    for (size_t i = 0; i < payload; i++)
        before += record_reader_of(bytes_of_buf(&document->payloads[i])).count;
    snprintf(prefix, sizeof(prefix), "/%" PRIu32, record_number);
    if (record_reader_of(bytes_of_buf(&document->payloads[payload])).count > 1 &&
        strncmp(problem->path, prefix, strlen(prefix)) == 0)
        memmove(problem->path, problem->path + strlen(prefix),
                strlen(problem->path + strlen(prefix)) + 1);
    run_problem_move(problem, document->places[before + record_number]);
}
