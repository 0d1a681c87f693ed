/*
 * One record taken apart into fields, so that many rules can look at it without reading its CBOR
 * again. Fields lie in one array in the order of the encoding: what a map or array holds follows
 * it directly, and span says where that ends.
 */
#ifndef VOUCH_SCHEMAS_RECORD_FIELDS_H
#define VOUCH_SCHEMAS_RECORD_FIELDS_H

#include <string.h>

#include "schemas/dcbor.h"

struct field {
    enum dcbor_type type;
    uint32_t span;         /* fields from this one to the next beside it: 1 for a scalar */
    uint64_t value;        /* as in struct dcbor_item: the number, or how many items or pairs */
    struct bytes key;      /* the member name, inside a map; else empty */
    struct bytes string;   /* of BYTES and TEXT */
    struct bytes encoded;  /* the whole value */
};

/* A zeroed struct is ready for use; its memory is kept from record to record. */
struct record_fields {
    struct field *fields; /* fields[0] is the record itself */
    size_t count;
    size_t capacity;
};

/*
 * Takes apart one item that dcbor_check accepts. Everything borrows from encoded and is valid until
 * the next call. ERR_INVALID for other input.
 */
MUST_USE bool record_fields_read(struct record_fields *out, struct bytes encoded, struct err *err);
/* The same for the next item of an input. */
MUST_USE bool record_fields_read_next(struct record_fields *out, struct dcbor_reader *reader,
                                      struct err *err);
/* Gives back what this record leaves free, for one that is kept long. Its fields move. */
void record_fields_trim(struct record_fields *fields);
void record_fields_cleanup(struct record_fields *fields);

/*
 * Look-ups accept NULL, meaning "there is no such field", and return NULL or the empty value for
 * what is not there or has another type: chains need no checks in between.
 */
const struct field *field_get_len(const struct field *map, const char *name, size_t len);
static inline const struct field *field_get(const struct field *map, const char *name)
{
    return field_get_len(map, name, strlen(name)); /* a constant, where it is inlined */
}

/* By several names from the outside in, separated by dots: "actor.authentication.amr". */
const struct field *field_at(const struct field *map, const char *path);

/* The items of an array, or the values of a map: first, then next until NULL. */
const struct field *field_first(const struct field *parent);
const struct field *field_next(const struct field *parent, const struct field *item);

struct bytes field_text(const struct field *field);  /* TEXT */
struct bytes field_bytes(const struct field *field); /* BYTES */
uint64_t field_uint(const struct field *field, uint64_t otherwise);
bool field_is_true(const struct field *field);
static inline bool field_is_text(const struct field *field, const char *text)
{
    return field != NULL && field->type == DCBOR_TEXT && field->string.len == strlen(text) &&
           (field->string.len == 0 || memcmp(field->string.data, text, strlen(text)) == 0);
}
size_t field_count(const struct field *field); /* of items or pairs; 0 for scalars and NULL */

/* Whether an array of texts holds this one. */
bool field_list_has(const struct field *array, struct bytes text);

#endif
