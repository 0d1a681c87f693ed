/*
 * The record members that hold byte strings, or arrays of them: all others of JSON's strings are
 * text. One name has one type in all records, so a list of names is all a converter needs.
 */
#ifndef VOUCH_SCHEMAS_BYTE_FIELDS_H
#define VOUCH_SCHEMAS_BYTE_FIELDS_H

#include "base/bytes.h"

/* Sorted by bytes, without duplicates. */
struct byte_fields {
    const struct bytes *names;
    size_t count;
};

/* Those of the types that every log has, for where no schema is at hand. */
const struct byte_fields *byte_fields_known(void);

bool byte_fields_have(const struct byte_fields *fields, struct bytes name);

#endif
