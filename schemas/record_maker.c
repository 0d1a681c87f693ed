#include "schemas/record_maker.h"

#include "schemas/map_members.h"

void record_maker_put_text(struct record_maker *maker, const char *name, struct bytes value)
{
    member_put_text(&maker->writer, name, value);
}

void record_maker_put_literal(struct record_maker *maker, const char *name, const char *value)
{
    member_put_literal(&maker->writer, name, value);
}

void record_maker_put_bytes(struct record_maker *maker, const char *name, struct bytes value)
{
    member_put_bytes(&maker->writer, name, value);
}

void record_maker_put_uint(struct record_maker *maker, const char *name, uint64_t value)
{
    member_put_uint(&maker->writer, name, value);
}

void record_maker_put_bool(struct record_maker *maker, const char *name, bool value)
{
    member_put_bool(&maker->writer, name, value);
}

void record_maker_put_encoded(struct record_maker *maker, const char *name, struct bytes encoded)
{
    buf_append_bytes(member_begin(&maker->writer, name), encoded);
}

void record_maker_put_field(struct record_maker *maker, const char *name,
                            const struct field *field)
{
    if (field != NULL)
        record_maker_put_encoded(maker, name, field->encoded);
}

void record_maker_finish(struct record_maker *maker, struct buf *out)
{
    struct err err = {0};

    CHECK(dcbor_map_writer_finish(&maker->writer, out, &err));
    dcbor_map_writer_cleanup(&maker->writer);
}

void record_maker_discard(struct record_maker *maker)
{
    dcbor_map_writer_cleanup(&maker->writer);
}
