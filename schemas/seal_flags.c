#include "schemas/seal_flags.h"

#include <stdlib.h>
#include <string.h>

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* A byte of "RULE/code". */
static uint8_t name_byte(const struct seal_flag *flag, size_t at)
{
    if (at < flag->rule.len)
        return flag->rule.data[at];
    return at == flag->rule.len ? '/' : flag->code.data[at - flag->rule.len - 1];
}

static size_t name_len(const struct seal_flag *flag)
{
    return flag->rule.len + 1 + flag->code.len;
}

/* In the order of map keys: the shorter one first (RFC 8949, 4.2.1, for texts). */
static int compare_names(const struct seal_flag *a, const struct seal_flag *b)
{
    int order = compare_numbers(name_len(a), name_len(b));

    for (size_t at = 0; order == 0 && at < name_len(a); at++)
        order = compare_numbers(name_byte(a, at), name_byte(b, at));
    return order;
}

static int compare_places(const struct seal_flag *a, const struct seal_flag *b)
{
    int order = compare_numbers(a->entry_offset, b->entry_offset);

    return order != 0 ? order : compare_numbers(a->record_number, b->record_number);
}

static int compare_flags(const void *a, const void *b)
{
    int order = compare_names(a, b);

    return order != 0 ? order : compare_places(a, b);
}

/* How many flags from the first on have its name. */
static size_t same_name_count(const struct seal_flag *flags, size_t count)
{
    size_t same = 1;

    while (same < count && compare_names(&flags[0], &flags[same]) == 0)
        same++;
    return same;
}

void seal_flag_put_name(struct buf *out, const struct seal_flag *flag)
{
    struct buf name = {0};

    buf_append_bytes(&name, flag->rule);
    buf_append_byte(&name, '/');
    buf_append_bytes(&name, flag->code);
    dcbor_put_text(out, bytes_of_buf(&name));
    buf_cleanup(&name);
}

void seal_flags_encode(struct buf *out, struct seal_flag *flags, size_t count)
{
    size_t names = 0;

    if (count > 1)
        qsort(flags, count, sizeof(*flags), compare_flags);
    for (size_t i = 0; i < count; i += same_name_count(flags + i, count - i))
        names++;
    dcbor_put_map(out, names);
    for (size_t i = 0; i < count;) {
        size_t same = same_name_count(flags + i, count - i);

        seal_flag_put_name(out, &flags[i]);
        dcbor_put_array(out, same);
        for (size_t end = i + same; i < end; i++) {
            dcbor_put_array(out, 2);
            dcbor_put_uint(out, flags[i].entry_offset);
            dcbor_put_uint(out, flags[i].record_number);
        }
    }
}

static bool read_name(struct seal_flags_reader *reader, struct err *err)
{
    struct bytes name;
    const uint8_t *slash;

    if (!dcbor_read_text(&reader->cbor, &name, err) ||
        !dcbor_read_array(&reader->cbor, &reader->places_left, err))
        return false;
    slash = name.len == 0 ? NULL : memchr(name.data, '/', name.len);
    if (slash == NULL)
        return err_set(err, ERR_INVALID, "a flag is not RULE/code");
    if (reader->places_left == 0)
        return err_set(err, ERR_INVALID, "a flag that nothing has");
    reader->rule = bytes_of(name.data, (size_t)(slash - name.data));
    reader->code = bytes_slice(name, reader->rule.len + 1, name.len);
    reader->names_left--;
    return true;
}

static bool read_flag(struct seal_flags_reader *reader, struct seal_flag *out, struct err *err)
{
    uint64_t count;

    if (reader->places_left == 0 && !read_name(reader, err))
        return false;
    if (!dcbor_read_array(&reader->cbor, &count, err) ||
        !dcbor_read_uint(&reader->cbor, &out->entry_offset, err) ||
        !dcbor_read_uint(&reader->cbor, &out->record_number, err))
        return false;
    if (count != 2)
        return err_set(err, ERR_INVALID, "the place of a flag has two numbers");
    reader->places_left--;
    out->rule = reader->rule;
    out->code = reader->code;
    return true;
}

static bool at_end(const struct seal_flags_reader *reader)
{
    return reader->names_left == 0 && reader->places_left == 0;
}

struct seal_flags_reader seal_flags_reader_of(struct bytes checked_map)
{
    struct seal_flags_reader reader = {.cbor = dcbor_reader_of(checked_map)};
    struct err ignored = {0};

    if (checked_map.len > 0)
        CHECK(dcbor_read_map(&reader.cbor, &reader.names_left, &ignored));
    return reader;
}

bool seal_flags_next(struct seal_flags_reader *reader, struct seal_flag *out)
{
    struct err ignored = {0};

    return !at_end(reader) && read_flag(reader, out, &ignored);
}

bool seal_flags_check(struct bytes map, struct err *err)
{
    struct seal_flags_reader reader = {.cbor = dcbor_reader_of(map)};
    struct seal_flag before = {0};
    struct seal_flag flag;
    bool is_first = true;

    if (!dcbor_read_map(&reader.cbor, &reader.names_left, err))
        return false;
    if (reader.names_left == 0)
        return err_set(err, ERR_INVALID, "an empty map");
    for (; !at_end(&reader); is_first = false, before = flag) {
        if (!read_flag(&reader, &flag, err))
            return false;
        if (!is_first && compare_flags(&before, &flag) >= 0)
            return err_set(err, ERR_INVALID, "the places of a flag do not ascend");
    }
    return dcbor_at_end(&reader.cbor) || err_set(err, ERR_INVALID, "more follows");
}
