#include "schemas/tile_path.h"

#include <inttypes.h>

#include "base/text.h"

enum {
    GROUP_DIGITS = 3,
    GROUP_LIMIT = 1000,
    GROUPS_MAX = 7, /* of a 64-bit number */
    LEVEL_MAX = 63,
};

static const char TILE_PREFIX[] = "tile/";
static const char ENTRIES[] = "entries";

static void append_index(struct buf *out, uint64_t index)
{
    unsigned groups[GROUPS_MAX];
    size_t count = 0;

    do {
        groups[count++] = (unsigned)(index % GROUP_LIMIT);
        index /= GROUP_LIMIT;
    } while (index > 0);
    for (; count > 1; count--)
        buf_append_format(out, "x%03u/", groups[count - 1]);
    buf_append_format(out, "%03u", groups[0]);
}

void tile_path_append(struct buf *out, const struct tile_path *path)
{
    CHECK(path->width >= 1 && path->width <= TILE_WIDTH);
    if (path->is_entries)
        buf_append_format(out, "%s%s/", TILE_PREFIX, ENTRIES);
    else
        buf_append_format(out, "%s%u/", TILE_PREFIX, path->tile.level);
    append_index(out, path->tile.index);
    if (path->width < TILE_WIDTH)
        buf_append_format(out, ".p/%u", path->width);
}

/* Moves three digits from the front of rest to *index, as its lowest ones. */
static bool take_group(uint64_t *index, struct bytes *rest)
{
    unsigned group = 0;

    if (rest->len < GROUP_DIGITS)
        return false;
    for (size_t i = 0; i < GROUP_DIGITS; i++) {
        unsigned digit = (unsigned)rest->data[i] - '0';

        if (digit > 9)
            return false;
        group = group * 10 + digit;
    }
    if (*index > (UINT64_MAX - group) / GROUP_LIMIT)
        return false;
    *index = *index * GROUP_LIMIT + group;
    *rest = bytes_slice(*rest, GROUP_DIGITS, rest->len);
    return true;
}

static bool take_index(uint64_t *out, struct bytes *rest)
{
    *out = 0;
    while (rest->len > 0 && rest->data[0] == 'x') {
        *rest = bytes_slice(*rest, 1, rest->len);
        /* A group of zeros in front is not canonical. */
        if (!take_group(out, rest) || *out == 0)
            return false;
        if (rest->len == 0 || rest->data[0] != '/')
            return false;
        *rest = bytes_slice(*rest, 1, rest->len);
    }
    return take_group(out, rest);
}

static bool parse_width(unsigned *out, struct bytes rest)
{
    struct bytes mark = bytes_of_text(".p/");
    uint64_t width;

    *out = TILE_WIDTH;
    if (rest.len == 0)
        return true;
    if (!bytes_start_with(rest, mark) ||
        !text_parse_uint(&width, bytes_slice(rest, mark.len, rest.len), TILE_WIDTH - 1) ||
        width == 0)
        return false;
    *out = (unsigned)width;
    return true;
}

bool tile_path_parse(struct tile_path *out, struct bytes text)
{
    struct bytes prefix = bytes_of_text(TILE_PREFIX);
    struct bytes rest;
    struct bytes level_text;
    uint64_t level = 0;

    if (!bytes_start_with(text, prefix))
        return false;
    rest = bytes_slice(text, prefix.len, text.len);
    if (!text_split(&rest, &level_text, '/'))
        return false;
    out->is_entries = bytes_equal_text(level_text, ENTRIES);
    if (!out->is_entries && !text_parse_uint(&level, level_text, LEVEL_MAX))
        return false;
    out->tile.level = (unsigned)level;
    return take_index(&out->tile.index, &rest) && parse_width(&out->width, rest);
}
