#include "schemas/record_maker.h"

/* Where the value of a new member goes. */
static struct buf *begin(struct record_maker *maker, const char *name)
{
    dcbor_map_writer_begin_key(&maker->writer);
    dcbor_put_literal(&maker->writer.pairs, name);
    dcbor_map_writer_begin_value(&maker->writer);
    return &maker->writer.pairs;
}

void record_maker_put_text(struct record_maker *maker, const char *name, struct bytes value)
{
    dcbor_put_text(begin(maker, name), value);
}

void record_maker_put_literal(struct record_maker *maker, const char *name, const char *value)
{
    dcbor_put_literal(begin(maker, name), value);
}

void record_maker_put_bytes(struct record_maker *maker, const char *name, struct bytes value)
{
    dcbor_put_bytes(begin(maker, name), value);
}

void record_maker_put_uint(struct record_maker *maker, const char *name, uint64_t value)
{
    dcbor_put_uint(begin(maker, name), value);
}

void record_maker_put_bool(struct record_maker *maker, const char *name, bool value)
{
    dcbor_put_bool(begin(maker, name), value);
}

void record_maker_put_encoded(struct record_maker *maker, const char *name, struct bytes encoded)
{
    buf_append_bytes(begin(maker, name), encoded);
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
