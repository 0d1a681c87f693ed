/* The references inside a record, whatever field they are in. */
#ifndef VOUCH_SCHEMAS_RULES_REFERENCES_H
#define VOUCH_SCHEMAS_RULES_REFERENCES_H

#include "schemas/rules/rule.h"

/* A record-reference and the field that holds it, itself or in an array. */
struct reference {
    const struct field *map;
    uint32_t types; /* set of TYPE_BIT that the field may lead to */
};

/* One after the other; *position begins at 0. Linear in the record's size altogether. */
struct reference_walk {
    const struct field *record;
    size_t position;
    const struct field *array; /* whose items are being given out */
    const struct field *item;
};
bool reference_next(struct reference_walk *walk, struct reference *out);

/* What the field with this name may lead to; every type for a name without a row. */
uint32_t reference_types(struct bytes name);

#endif
