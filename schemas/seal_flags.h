/*
 * The flags in a seal: which rules the records of a commit broke, though they were admitted. A map
 * from "RULE/code" to the places, each [entry offset in the commit, record number in the
 * statement], ascending (log.cddl).
 */
#ifndef VOUCH_SCHEMAS_SEAL_FLAGS_H
#define VOUCH_SCHEMAS_SEAL_FLAGS_H

#include "base/bytes.h"
#include "base/err.h"
#include "schemas/dcbor.h"

struct seal_flag {
    struct bytes rule; /* "M9", without a slash */
    struct bytes code; /* "degradation-unlabelled" */
    uint64_t entry_offset;
    uint64_t record_number;
};

/* What encoding takes at most: a flag up to offset and number 65,535, and the first of its name. */
enum { SEAL_FLAG_LEN_MAX = 7, SEAL_FLAG_NAME_LEN_MAX = 80 };

/* Appends "RULE/code" as a CBOR text. */
void seal_flag_put_name(struct buf *out, const struct seal_flag *flag);

/* Sorts the flags, each of which is there once, and appends the map. */
void seal_flags_encode(struct buf *out, struct seal_flag *flags, size_t count);

/* Whether map is one that seal_flags_encode would write, and not empty. */
MUST_USE bool seal_flags_check(struct bytes map, struct err *err);

/* Walks a map that seal_flags_check has accepted, or an empty span: no flags. */
struct seal_flags_reader {
    struct dcbor_reader cbor;
    uint64_t names_left;
    uint64_t places_left; /* of the name being read */
    struct bytes rule;
    struct bytes code;
};

struct seal_flags_reader seal_flags_reader_of(struct bytes checked_map);
bool seal_flags_next(struct seal_flags_reader *reader, struct seal_flag *out);

#endif
