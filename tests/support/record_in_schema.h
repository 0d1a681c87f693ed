/* Whether what the project makes is what its schemas describe. */
#ifndef VOUCH_TESTS_SUPPORT_RECORD_IN_SCHEMA_H
#define VOUCH_TESTS_SUPPORT_RECORD_IN_SCHEMA_H

#include "base/bytes.h"

/* Fails the test unless record is deterministic CBOR and a record of this type. */
void assert_record_in_schema(const struct buf *record, const char *type_name);

#endif
