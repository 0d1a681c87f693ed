#include "schemas/rules/fact_value.h"

struct fact_value fact_value_open(struct bytes value, uint64_t count)
{
    struct fact_value out = {.reader = dcbor_reader_of(value)};
    struct err ignored = {0};
    uint64_t found = 0;

    out.is_good = dcbor_read_array(&out.reader, &found, &ignored) && found == count;
    return out;
}

uint64_t fact_value_uint(struct fact_value *value, uint64_t max)
{
    struct err ignored = {0};
    uint64_t out = 0;

    value->is_good =
        value->is_good && dcbor_read_uint(&value->reader, &out, &ignored) && out <= max;
    return value->is_good ? out : 0;
}

struct bytes fact_value_text(struct fact_value *value)
{
    struct err ignored = {0};
    struct bytes out = {0};

    value->is_good = value->is_good && dcbor_read_text(&value->reader, &out, &ignored);
    return value->is_good ? out : (struct bytes){0};
}

struct bytes fact_value_bytes(struct fact_value *value)
{
    struct err ignored = {0};
    struct bytes out = {0};

    value->is_good = value->is_good && dcbor_read_bytes(&value->reader, &out, &ignored);
    return value->is_good ? out : (struct bytes){0};
}

struct bytes fact_value_rest(struct fact_value *value)
{
    struct bytes input = value->reader.input;
    struct bytes rest = bytes_slice(input, value->reader.position, input.len);

    value->reader.position = input.len;
    return rest;
}

bool fact_value_is_whole(const struct fact_value *value)
{
    return value->is_good && dcbor_at_end(&value->reader);
}
