/* The records that a run document becomes, as a list that grows, and what they have in common. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_RECORDS_H
#define VOUCH_SCHEMAS_RUN_RUN_RECORDS_H

#include "schemas/record_maker.h"
#include "schemas/run/run_document.h"

enum { RUN_STREAM_LEN = 4 + 2 * RUN_ID_LEN };

/* A finished record. */
struct run_record {
    struct buf encoded;
    struct hash digest;
    uint8_t id[RUN_ID_LEN];
};

struct run_records {
    const struct run_document_options *options;
    const struct field *document; /* without shorthands */
    uint8_t run_id[RUN_ID_LEN];
    char stream[RUN_STREAM_LEN + 1]; /* "run-" and the run id in hex: numbers begin at 0 */
    uint64_t started_at_ms;
    uint64_t ended_at_ms;
    struct run_record *items;
    size_t count;
    size_t capacity;
    uint8_t next_id[RUN_ID_LEN]; /* of the record being made */
};

/* Takes run_id and times from the document, or makes them up. */
MUST_USE bool run_records_init(struct run_records *out, const struct field *document,
                               const struct run_document_options *options,
                               struct problem *problem);
void run_records_cleanup(struct run_records *records);

/* A maker that holds the header of the next record; false when there are no random bytes. */
MUST_USE bool run_records_begin(struct run_records *records, struct record_maker *maker,
                                const char *type, uint64_t occurred_at_ms, struct err *err);

/* The record is complete: appends it. */
const struct run_record *run_records_end(struct run_records *records, struct record_maker *maker);

/* Appends a record-reference to a record of this list. */
void run_records_put_reference(struct buf *out, const struct run_record *record);

#endif
