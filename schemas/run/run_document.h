/*
 * A whole run as one JSON document, the easiest way to submit: it is split into the records an
 * engine would have sent one by one. docs/RUN-DOCUMENT.md describes the document; names are those
 * of the records, schemas/run.cddl, plus the shorthands of run_shorthand.h.
 */
#ifndef VOUCH_SCHEMAS_RUN_RUN_DOCUMENT_H
#define VOUCH_SCHEMAS_RUN_RUN_DOCUMENT_H

#include "schemas/problem.h"
#include "schemas/record_schema.h"
#include "schemas/run/openings.h"

enum {
    RUN_DOCUMENT_LEN_MAX = 8 * 1024 * 1024,
    RUN_NAME_LEN_MAX = 200, /* of node and artifact ids */
    RUN_ID_LEN = 16,
    RUN_PAYLOAD_LEN_MAX = 64000,            /* of one statement; headers and signature on top */
    RUN_RECORDS_LEN_MAX = 16 * 1024 * 1024, /* of all records of one run */
};

struct run_document_options {
    const char *issuer; /* who signs: record digests depend on it */
    const char *tenant; /* where the document names none; NULL: it must */
    uint64_t now_ms;    /* where it says nothing about the end */
    const uint8_t *seed; /* RUN_SEED_LEN bytes that decide all ids and keys; NULL: random ones */
    const struct record_schema *schema; /* what each record must be; NULL: its form is checked */
};

/* Payloads in the order in which they must be admitted, all of them in one commit. */
struct run_document {
    uint8_t run_id[RUN_ID_LEN];
    size_t record_count;
    struct buf *payloads; /* each one record or an array of records: fits one statement */
    size_t payload_count;
    char **places; /* of each record: JSON pointer of what it was made of; owned */
    struct openings openings;
};

/*
 * Splits the document. On failure the problem has the JSON pointer of what is wrong in it and what
 * would be right, and out is empty. Takes time and memory in proportion to the document's length
 * and what comes of it, RUN_RECORDS_LEN_MAX.
 */
MUST_USE bool run_document_read(struct run_document *out, struct bytes json,
                                const struct run_document_options *options,
                                struct problem *problem);
void run_document_cleanup(struct run_document *document);

/*
 * For a problem with one record of a payload, whose path is that of a rule's finding: makes the
 * path one of the document.
 */
void run_document_blame(const struct run_document *document, size_t payload,
                        uint32_t record_number, struct problem *problem);

/* "run/" and the run's UUID: the subject of its statements. */
enum { RUN_SUBJECT_LEN = 40 };
void run_document_subject(char out[RUN_SUBJECT_LEN + 1], const struct run_document *document);

#endif
