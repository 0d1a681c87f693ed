/*
 * The value of a fact, read item by item: a CBOR array whose items are numbers and strings. After
 * the first item that is not what was written every read gives nothing, so that one question at
 * the end is enough.
 */
#ifndef VOUCH_SCHEMAS_RULES_FACT_VALUE_H
#define VOUCH_SCHEMAS_RULES_FACT_VALUE_H

#include "schemas/dcbor.h"

struct fact_value {
    struct dcbor_reader reader;
    bool is_good;
};

/* The value is an array of count items. */
struct fact_value fact_value_open(struct bytes value, uint64_t count);

uint64_t fact_value_uint(struct fact_value *value, uint64_t max); /* 0 when it is above max */
struct bytes fact_value_text(struct fact_value *value);           /* borrowed */
struct bytes fact_value_bytes(struct fact_value *value);          /* borrowed */
struct bytes fact_value_rest(struct fact_value *value); /* encodings of all items not yet read */

/* Whether everything was as written and nothing is left. */
bool fact_value_is_whole(const struct fact_value *value);

#endif
