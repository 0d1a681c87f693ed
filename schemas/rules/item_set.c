#include "schemas/rules/item_set.h"

#include "schemas/dcbor.h"

static const uint8_t EMPTY_ARRAY[] = {0x80};

struct bytes item_set_empty(void)
{
    return bytes_of(EMPTY_ARRAY, sizeof(EMPTY_ARRAY));
}

uint64_t item_set_count(struct bytes set)
{
    struct dcbor_reader reader = dcbor_reader_of(set);
    struct err ignored = {0};
    uint64_t count;

    return dcbor_read_array(&reader, &count, &ignored) ? count : 0;
}

bool item_set_next(struct bytes set, uint64_t *position, struct bytes *out)
{
    struct dcbor_reader reader = dcbor_reader_of(set);
    struct err ignored = {0};
    struct dcbor_item item;
    uint64_t count;

    reader.position = (size_t)*position;
    if (*position == 0 && !dcbor_read_array(&reader, &count, &ignored))
        return false;
    if (dcbor_at_end(&reader) || !dcbor_read(&reader, &item, &ignored))
        return false;
    *position = reader.position;
    *out = item.string;
    return true;
}

bool item_set_has(struct bytes set, struct bytes item)
{
    uint64_t position = 0;
    struct bytes next;

    while (item_set_next(set, &position, &next)) {
        if (bytes_equal(next, item))
            return true;
    }
    return false;
}

/* Appends the items of set that are not in other; returns how many. */
static uint64_t append_missing(struct buf *out, struct bytes set, struct bytes other)
{
    struct dcbor_reader reader = dcbor_reader_of(set);
    struct err ignored = {0};
    uint64_t kept = 0;
    uint64_t count;

    if (!dcbor_read_array(&reader, &count, &ignored))
        return 0;
    for (uint64_t i = 0; i < count; i++) {
        size_t begin = reader.position;
        struct dcbor_item item;

        if (!dcbor_read(&reader, &item, &ignored))
            break;
        if (item_set_has(other, item.string))
            continue;
        buf_append_bytes(out, bytes_slice(set, begin, reader.position));
        kept++;
    }
    return kept;
}

static struct bytes finish(struct buf *out, struct buf *items, uint64_t count)
{
    buf_clear(out);
    dcbor_put_array(out, count);
    buf_append_bytes(out, bytes_of_buf(items));
    buf_cleanup(items);
    return bytes_of_buf(out);
}

struct bytes item_set_join(struct buf *out, struct bytes a, struct bytes b)
{
    struct buf items = {0};
    uint64_t count = append_missing(&items, a, item_set_empty());

    count += append_missing(&items, b, a);
    return finish(out, &items, count);
}

struct bytes item_set_without(struct buf *out, struct bytes a, struct bytes b)
{
    struct buf items = {0};
    uint64_t count = append_missing(&items, a, b);

    return finish(out, &items, count);
}
