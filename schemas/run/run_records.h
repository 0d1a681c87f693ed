/* The records that a run document becomes, as a list that grows, and what they have in common. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_RECORDS_H
#define VOUCH_SCHEMAS_RUN_RUN_RECORDS_H

#include "schemas/record_maker.h"
#include "schemas/run/run_document.h"

enum { RUN_STREAM_LEN = 4 + 2 * RUN_ID_LEN };

/* A finished record. */
struct run_record {
    const char *type;
    char *place; /* JSON pointer of the part of the document that it was made of */
    struct buf encoded;
    struct hash digest;
    uint8_t id[RUN_ID_LEN];
};

struct run_records {
    const struct run_document_options *options;
    const struct field *document; /* without shorthands */
    struct run_random *random;
    uint8_t run_id[RUN_ID_LEN];
    char stream[RUN_STREAM_LEN + 1]; /* "run-" and the run id in hex: numbers begin at 0 */
    uint64_t started_at_ms;
    uint64_t ended_at_ms;
    struct run_record *items;
    size_t count;
    size_t capacity;
    size_t len;             /* of all */
    struct run_record next; /* the record being made */
};

/* Takes run_id and times from the document, or makes them up. random: borrowed. */
MUST_USE bool run_records_init(struct run_records *out, const struct field *document,
                               const struct run_document_options *options,
                               struct run_random *random, struct problem *problem);
void run_records_cleanup(struct run_records *records);

/* What a record is, and where it comes from. All borrowed. */
struct run_record_head {
    const char *type;
    const char *place;         /* JSON pointer of the part of the document it is made of */
    const struct field *actor; /* NULL: the document's */
    uint64_t occurred_at_ms;
};

/* A maker that holds the header of the next record; false when there are no random bytes. */
MUST_USE bool run_records_begin(struct run_records *records, struct record_maker *maker,
                                const struct run_record_head *head, struct problem *problem);

/* The record is complete: appends it. False when it, or all of them, are too long. */
MUST_USE bool run_records_end(struct run_records *records, struct record_maker *maker,
                              struct problem *problem);

/* The record appended last; until the next one. */
const struct run_record *run_records_last(const struct run_records *records);

/* Appends a record-reference to a record of this list. */
void run_records_put_reference(struct buf *out, const struct run_record *record);

/* The places of all records, which are the caller's from now on: run_document.places. */
char **run_records_take_places(struct run_records *records);

/* Whether each is what the schema says; the path in the problem is one of the document. */
MUST_USE bool run_records_check(const struct run_records *records, struct problem *problem);

#endif
