#include "schemas/view.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/dcbor.h"

/* COSE messages nest deeper than records. */
enum { DEPTH_MAX = 2 * DCBOR_DEPTH_MAX, INDENT = 2 };

/* The two-letter escape of a byte, or NULL. */
static const char *short_escape(uint8_t byte)
{
    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    default:
        return NULL;
    }
}

void view_append_json_string(struct buf *out, struct bytes text)
{
    static const char hex[] = "0123456789abcdef";
    size_t begin = 0;

    buf_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        const char *letter = short_escape(byte);

        if (byte >= 0x20 && byte != 0x7F && letter == NULL)
            continue;
        buf_append_bytes(out, bytes_slice(text, begin, i));
        if (letter != NULL)
            buf_append_text(out, letter);
        else
            buf_append(out, escape, sizeof(escape));
        begin = i + 1;
    }
    buf_append_bytes(out, bytes_slice(text, begin, text.len));
    buf_append_byte(out, '"');
}

/* An array or map that is not closed yet. */
struct level {
    uint64_t left; /* items still to come, keys and values counted one by one */
    bool is_map;
    bool is_first;
};

struct writer {
    struct buf *out;
    bool pretty;
    struct level levels[DEPTH_MAX];
    size_t depth;
};

static void append_new_line(struct writer *writer)
{
    if (!writer->pretty)
        return;
    buf_append_byte(writer->out, '\n');
    for (size_t i = 0; i < INDENT * writer->depth; i++)
        buf_append_byte(writer->out, ' ');
}

static void append_integer(struct buf *out, const struct dcbor_item *item)
{
    if (item->type == DCBOR_UINT)
        buf_append_format(out, "%" PRIu64, item->value);
    else if (item->value == UINT64_MAX)
        buf_append_text(out, "-18446744073709551616");
    else
        buf_append_format(out, "-%" PRIu64, item->value + 1);
}

static bool append_key(struct writer *writer, const struct dcbor_item *item, struct err *err)
{
    if (item->type == DCBOR_TEXT) {
        view_append_json_string(writer->out, item->string);
    } else if (item->type == DCBOR_UINT || item->type == DCBOR_NINT) {
        buf_append_byte(writer->out, '"');
        append_integer(writer->out, item);
        buf_append_byte(writer->out, '"');
    } else {
        return err_set(err, ERR_INVALID, "a map key that is neither text nor integer");
    }
    buf_append_text(writer->out, writer->pretty ? ": " : ":");
    return true;
}

static bool push_level(struct writer *writer, const struct dcbor_item *item, struct err *err)
{
    bool is_map = item->type == DCBOR_MAP;

    if (writer->depth == DEPTH_MAX)
        return err_set(err, ERR_INVALID, "nested deeper than %d", DEPTH_MAX);
    buf_append_byte(writer->out, is_map ? '{' : '[');
    writer->levels[writer->depth++] = (struct level){
        .left = is_map ? 2 * item->value : item->value,
        .is_map = is_map,
        .is_first = true,
    };
    return true;
}

/* Closes every array and map to which nothing is missing. */
static void pop_levels(struct writer *writer)
{
    while (writer->depth > 0 && writer->levels[writer->depth - 1].left == 0) {
        struct level *level = &writer->levels[--writer->depth];

        if (!level->is_first)
            append_new_line(writer);
        buf_append_byte(writer->out, level->is_map ? '}' : ']');
    }
}

static bool append_value(struct writer *writer, const struct dcbor_item *item, struct err *err)
{
    struct buf *out = writer->out;

    switch (item->type) {
    case DCBOR_UINT:
    case DCBOR_NINT:
        append_integer(out, item);
        return true;
    case DCBOR_BYTES:
        buf_append_byte(out, '"');
        text_append_base64url(out, item->string);
        buf_append_byte(out, '"');
        return true;
    case DCBOR_TEXT:
        view_append_json_string(out, item->string);
        return true;
    case DCBOR_ARRAY:
    case DCBOR_MAP:
        return push_level(writer, item, err);
    case DCBOR_BOOL:
        buf_append_text(out, item->value != 0 ? "true" : "false");
        return true;
    case DCBOR_NULL:
        buf_append_text(out, "null");
        return true;
    case DCBOR_TAG:
        break;
    }
    return err_set(err, ERR_INVALID, "tag %" PRIu64 " has no form in JSON", item->value);
}

/* What stands between the previous item and this one; true when this one is a key. */
static bool append_separator(struct writer *writer)
{
    struct level *level;
    bool is_value_of_pair;

    if (writer->depth == 0)
        return false;
    level = &writer->levels[writer->depth - 1];
    is_value_of_pair = level->is_map && level->left % 2 == 1;
    level->left--;
    if (is_value_of_pair)
        return false;
    if (!level->is_first)
        buf_append_byte(writer->out, ',');
    level->is_first = false;
    append_new_line(writer);
    return level->is_map;
}

static bool append_item(struct writer *writer, struct bytes item, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(item);

    do {
        struct dcbor_item next;

        if (!dcbor_read(&reader, &next, err))
            return false;
        if (append_separator(writer)) {
            if (!append_key(writer, &next, err))
                return false;
            continue;
        }
        if (!append_value(writer, &next, err))
            return false;
        pop_levels(writer);
    } while (writer->depth > 0);
    return dcbor_read_end(&reader, err);
}

bool view_append_json(struct buf *out, struct bytes item, bool pretty, struct err *err)
{
    struct writer writer = {.out = out, .pretty = pretty};
    size_t before = out->len;

    if (append_item(&writer, item, err))
        return true;
    out->len = before;
    return false;
}
