/* Making a record, or a map inside one, member by member in any order. */
#ifndef VOUCH_SCHEMAS_RECORD_MAKER_H
#define VOUCH_SCHEMAS_RECORD_MAKER_H

#include "schemas/record_fields.h"

/* A zeroed struct is an empty map. A name is put once. */
struct record_maker {
    struct dcbor_map_writer writer;
};

void record_maker_put_text(struct record_maker *maker, const char *name, struct bytes value);
void record_maker_put_literal(struct record_maker *maker, const char *name, const char *value);
void record_maker_put_bytes(struct record_maker *maker, const char *name, struct bytes value);
void record_maker_put_uint(struct record_maker *maker, const char *name, uint64_t value);
void record_maker_put_bool(struct record_maker *maker, const char *name, bool value);

/* An encoded value, e.g. a map or array made before. */
void record_maker_put_encoded(struct record_maker *maker, const char *name, struct bytes encoded);

/* A copy of another record's field; nothing when it is NULL. */
void record_maker_put_field(struct record_maker *maker, const char *name,
                            const struct field *field);

/* Appends the map to out and leaves the maker empty. */
void record_maker_finish(struct record_maker *maker, struct buf *out);

/* Leaves the maker empty. */
void record_maker_discard(struct record_maker *maker);

#endif
