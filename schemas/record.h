/*
 * Records: the typed pieces of evidence in a statement's payload. Their form is checked here,
 * deterministic CBOR maps with a "type", and that they are what the schema says of their type.
 */
#ifndef VOUCH_SCHEMAS_RECORD_H
#define VOUCH_SCHEMAS_RECORD_H

#include "merkle/hash.h"
#include "schemas/problem.h"
#include "schemas/record_schema.h"

struct record_fields; /* record_fields.h */

enum { RECORD_TYPE_LEN_MAX = 64 };

struct record {
    struct bytes encoded; /* the record's map */
    struct bytes type;    /* its "type", 1..RECORD_TYPE_LEN_MAX */
};

/* The records of a payload, one after the other: a single map, or an array of 2..1024 maps. */
struct record_reader {
    struct bytes rest;
    size_t count; /* records in the whole payload */
};

/*
 * Checks a whole payload: deterministic CBOR within the limits of dcbor.h, one record or
 * 2..STATEMENT_RECORDS_MAX, each a map with a text "type". The problem names the record and path.
 */
MUST_USE bool record_check_payload(struct bytes payload, size_t *out_count,
                                   struct problem *problem);

/*
 * As record_check_payload, and each record is what the schema says of its type, which is one that
 * issuers write. Otherwise the problem is PROBLEM_SCHEMA with the rule "G2".
 * Without a schema (NULL) it is record_check_payload.
 */
MUST_USE bool record_validate_payload(const struct record_schema *schema, struct bytes payload,
                                      size_t *out_count, struct problem *problem);

/* Walks a payload that record_check_payload has accepted. */
struct record_reader record_reader_of(struct bytes checked_payload);
/* False when there are no more. */
bool record_next(struct record_reader *reader, struct record *out);

/* As record_next, and takes the record apart: fields borrows from the payload. */
bool record_next_fields(struct record_reader *reader, struct record_fields *fields,
                        struct record *out);

/* Appends the member "records" of a map: the records of such a payload as an array. */
void record_put_all(struct buf *out, struct bytes checked_payload);

/* SHA-256("vouch/record/v1" || 0x00 || deterministic CBOR [issuer, record]). */
void record_digest(struct hash *out, struct bytes issuer, struct bytes encoded_record);

/* The same in two steps, for many records of one issuer. */
void record_digest_begin(struct hasher *out, struct bytes issuer);
void record_digest_finish(struct hash *out, const struct hasher *begun,
                          struct bytes encoded_record);

#endif
