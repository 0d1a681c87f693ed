/* The record members that hold byte strings: all others of JSON's strings are text. */
#ifndef VOUCH_SCHEMAS_BYTE_FIELDS_H
#define VOUCH_SCHEMAS_BYTE_FIELDS_H

#include "base/bytes.h"

/* Whether a member of this name holds a byte string, in every record type. */
bool byte_field_is(struct bytes name);

/* How many names there are. */
size_t byte_field_count(void);

#endif
