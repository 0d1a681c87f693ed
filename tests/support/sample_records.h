/*
 * Valid records of every type to test with, made of sample_records.txt. An issuer's records come
 * from one struct: each has a record_id of its own and the next sequence number, and refers only to
 * records made before.
 */
#ifndef VOUCH_TESTS_SUPPORT_SAMPLE_RECORDS_H
#define VOUCH_TESTS_SUPPORT_SAMPLE_RECORDS_H

#include "merkle/hash.h"

/* The type of record that needs no other, and that no other needs. */
#define SAMPLE_NEUTRAL "test-result"

enum { SAMPLE_ID_LEN = 16, SAMPLE_TYPE_LEN_MAX = 64, SAMPLE_RUN_RECORDS_MAX = 256 };

/* Paragraphs of sample_records.txt. */
enum { SAMPLE_PARAGRAPHS_MAX = 64 };

/* Time of the first record where nobody's clock matters. */
static const uint64_t SAMPLE_AT_MS = 1795000000000;

/* The last record of a type, for those that refer to it. */
struct sample_reference {
    const char *issuer; /* NULL: none was made */
    uint8_t record_id[SAMPLE_ID_LEN];
    struct hash digest;
};

/* The digests of a run's records of one type, for its manifest. */
struct sample_tally {
    struct hash digests[SAMPLE_RUN_RECORDS_MAX];
    size_t count;
};

/* The texts are borrowed. What follows at_ms may be changed between two records. */
struct sample_records {
    const char *issuer;
    uint64_t seed;
    uint64_t id_count;
    uint8_t record_id[SAMPLE_ID_LEN]; /* of the record made last */
    uint8_t run_id[SAMPLE_ID_LEN];    /* of the run begun last */
    uint64_t run_at_ms;
    struct sample_tally events; /* of that run */
    struct sample_tally evaluations;
    struct sample_reference last[SAMPLE_PARAGRAPHS_MAX]; /* by the paragraph of the type */
    uint64_t at_ms;           /* time of the next record; each is a millisecond after the last */
    const char *tenant;
    const char *stream;       /* NULL: the issuer's only one */
    uint64_t sequence_number; /* of the next record */
    size_t padding_len;       /* of the extension "padding"; 0: there is none */
    const char *extensions;   /* more extensions, JSON members without braces; NULL: none */
};

/* Another seed gives other record ids. The time is SAMPLE_AT_MS, the tenant "test". */
void sample_records_init(struct sample_records *out, const char *issuer, uint64_t seed);

/* Type number `number`, from 0, in an order in which what is referred to comes first; false after
 * the last one. */
bool sample_record_type(char out[SAMPLE_TYPE_LEN_MAX], size_t number);

/* Appends the next record of this issuer, in deterministic CBOR. */
void sample_record_append(struct buf *out, struct sample_records *records, const char *type);

/* Appends the only record of a stream: number tells them apart, and they may come in any order. */
void sample_record_append_lone(struct buf *out, const char *issuer, uint64_t number, uint64_t at_ms,
                               size_t padding_len);

#endif
