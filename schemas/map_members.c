#include "schemas/map_members.h"

struct buf *member_begin(struct dcbor_map_writer *map, const char *name)
{
    dcbor_map_writer_begin_key(map);
    dcbor_put_literal(&map->pairs, name);
    dcbor_map_writer_begin_value(map);
    return &map->pairs;
}

void member_put_uint(struct dcbor_map_writer *map, const char *name, uint64_t value)
{
    dcbor_put_uint(member_begin(map, name), value);
}

void member_put_bool(struct dcbor_map_writer *map, const char *name, bool value)
{
    dcbor_put_bool(member_begin(map, name), value);
}

void member_put_text(struct dcbor_map_writer *map, const char *name, struct bytes value)
{
    dcbor_put_text(member_begin(map, name), value);
}

void member_put_literal(struct dcbor_map_writer *map, const char *name, const char *value)
{
    dcbor_put_literal(member_begin(map, name), value);
}

void member_put_bytes(struct dcbor_map_writer *map, const char *name, struct bytes value)
{
    dcbor_put_bytes(member_begin(map, name), value);
}
