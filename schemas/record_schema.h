/*
 * What records must be: the CDDL of this folder, which is part of the program, and the CDDL of
 * whoever runs a log. A file of theirs adds a type with a line like "record /= acme-deployment".
 */
#ifndef VOUCH_SCHEMAS_RECORD_SCHEMA_H
#define VOUCH_SCHEMAS_RECORD_SCHEMA_H

#include "merkle/hash.h"
#include "schemas/byte_fields.h"
#include "schemas/cddl/cddl.h"

enum { RECORD_SCHEMA_FILES_MAX = 64 }; /* of their own */

/* Immutable once loaded: threads may share it. */
struct record_schema;

/* A type of record. Lives as long as its schema. */
struct record_schema_type;

/*
 * Reads the files *.cddl of each directory, in the order of the directories, then of their names,
 * and compiles them together with those that are built in. ERR_INVALID begins with file, line and
 * column for what is wrong in a file: CDDL that is not understood, a member name that has another
 * type elsewhere, a record without the members of "header", a type defined twice.
 */
MUST_USE bool record_schema_load(struct record_schema **out, const char *const *directories,
                                 size_t count, struct err *err);

/*
 * As record_schema_load, from texts at hand. The first built_in_count define record, log-record and
 * header; the others add types. Keeps nothing of them.
 */
MUST_USE bool record_schema_of(struct record_schema **out, const struct cddl_source *sources,
                               size_t count, size_t built_in_count, struct err *err);

/* Accepts NULL. */
void record_schema_free(struct record_schema *schema);

/*
 * By what it is made of: SHA-256("vouch/schema/v1" || 0x00 || deterministic CBOR
 * [[name, text], ...]) over all files in their order, names without folders.
 */
const struct hash *record_schema_digest(const struct record_schema *schema);

/* The members that hold byte strings, those of added types too. */
const struct byte_fields *record_schema_byte_fields(const struct record_schema *schema);

/* The compiled rules. */
const struct cddl *record_schema_cddl(const struct record_schema *schema);

/* All types, sorted by name. */
size_t record_schema_type_count(const struct record_schema *schema);
const struct record_schema_type *record_schema_type_at(const struct record_schema *schema,
                                                       size_t i);

/* By the text of a record's "type"; NULL when there is none. */
const struct record_schema_type *record_schema_find(const struct record_schema *schema,
                                                    struct bytes name);

/* The nearest name in spelling of a type that issuers write, to be freed; NULL: none is near. */
char *record_schema_nearest(const struct record_schema *schema, struct bytes name);

struct bytes record_schema_type_name(const struct record_schema_type *type);

/* Whether only the log writes records of this type. */
bool record_schema_type_is_of_log(const struct record_schema_type *type);

/* Whether a record that dcbor_check has accepted is what its type must be. */
MUST_USE bool record_schema_check(const struct record_schema *schema,
                                  const struct record_schema_type *type, struct bytes record,
                                  struct cddl_mismatch *out);

#endif
