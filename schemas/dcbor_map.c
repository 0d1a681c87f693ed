#include "schemas/dcbor.h"

#include <stdlib.h>

/* Offsets while pairs may still move; spans once everything is there. */
struct dcbor_map_pair {
    size_t key_begin;
    size_t value_begin;
    struct bytes key;
    struct bytes pair; /* key and value */
};

enum { CAPACITY_MIN = 8 };

/* The index is full when count has reached the minimum or a power of two above it. */
static bool is_full(size_t count)
{
    return count == 0 || (count >= CAPACITY_MIN && (count & (count - 1)) == 0);
}

void dcbor_map_writer_begin_key(struct dcbor_map_writer *writer)
{
    if (is_full(writer->count)) {
        size_t capacity = writer->count == 0 ? CAPACITY_MIN : writer->count * 2;

        writer->index = mem_realloc_array(writer->index, capacity, sizeof(*writer->index));
    }
    writer->index[writer->count] = (struct dcbor_map_pair){.key_begin = writer->pairs.len};
    writer->count++;
}

void dcbor_map_writer_begin_value(struct dcbor_map_writer *writer)
{
    CHECK(writer->count > 0);
    writer->index[writer->count - 1].value_begin = writer->pairs.len;
}

static int compare_keys(const void *a, const void *b)
{
    return bytes_compare(((const struct dcbor_map_pair *)a)->key,
                         ((const struct dcbor_map_pair *)b)->key);
}

static void find_spans(struct dcbor_map_writer *writer)
{
    struct bytes all = bytes_of_buf(&writer->pairs);

    for (size_t i = 0; i < writer->count; i++) {
        struct dcbor_map_pair *pair = &writer->index[i];
        size_t end = i + 1 < writer->count ? pair[1].key_begin : all.len;

        pair->key = bytes_slice(all, pair->key_begin, pair->value_begin);
        pair->pair = bytes_slice(all, pair->key_begin, end);
    }
}

bool dcbor_map_writer_finish(struct dcbor_map_writer *writer, struct buf *out, struct err *err)
{
    find_spans(writer);
    if (writer->count > 0)
        qsort(writer->index, writer->count, sizeof(*writer->index), compare_keys);
    for (size_t i = 1; i < writer->count; i++) {
        if (bytes_equal(writer->index[i - 1].key, writer->index[i].key))
            return err_set(err, ERR_INVALID, "duplicate key in a map");
    }
    dcbor_put_map(out, writer->count);
    for (size_t i = 0; i < writer->count; i++)
        buf_append_bytes(out, writer->index[i].pair);
    return true;
}

void dcbor_map_writer_cleanup(struct dcbor_map_writer *writer)
{
    buf_cleanup(&writer->pairs);
    free(writer->index);
    *writer = (struct dcbor_map_writer){0};
}
