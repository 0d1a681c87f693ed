/* Members of a CBOR map whose writer brings them into order (dcbor_map_writer). */
#ifndef VOUCH_SCHEMAS_MAP_MEMBERS_H
#define VOUCH_SCHEMAS_MAP_MEMBERS_H

#include "schemas/dcbor.h"

/* Where the member's value is to be put. */
struct buf *member_begin(struct dcbor_map_writer *map, const char *name);

void member_put_uint(struct dcbor_map_writer *map, const char *name, uint64_t value);
void member_put_bool(struct dcbor_map_writer *map, const char *name, bool value);
void member_put_text(struct dcbor_map_writer *map, const char *name, struct bytes value);
void member_put_literal(struct dcbor_map_writer *map, const char *name, const char *value);
void member_put_bytes(struct dcbor_map_writer *map, const char *name, struct bytes value);

#endif
