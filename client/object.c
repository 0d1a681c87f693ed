#include "client/object.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/view.h"

/* A comma unless this is the first member, then the name. */
static void put_name(struct buf *out, const char *name)
{
    uint8_t last = out->len > 0 ? out->data[out->len - 1] : '{';

    if (last != '{' && last != '[')
        buf_append_text(out, ",");
    if (name != NULL)
        buf_append_format(out, "\"%s\":", name);
}

void object_begin(struct buf *out, const char *name)
{
    put_name(out, name);
    buf_append_text(out, "{");
}

void object_end(struct buf *out)
{
    buf_append_text(out, "}");
}

void object_begin_list(struct buf *out, const char *name)
{
    put_name(out, name);
    buf_append_text(out, "[");
}

void object_end_list(struct buf *out)
{
    buf_append_text(out, "]");
}

void object_bytes_text(struct buf *out, const char *name, struct bytes text)
{
    put_name(out, name);
    if (text_is_utf8(text)) {
        view_append_json_string(out, text);
    } else {
        struct buf copy = {0};

        for (size_t i = 0; i < text.len; i++)
            buf_append_byte(&copy, text.data[i] < 0x80 ? text.data[i] : '?');
        view_append_json_string(out, bytes_of_buf(&copy));
        buf_cleanup(&copy);
    }
}

void object_text(struct buf *out, const char *name, const char *text)
{
    object_bytes_text(out, name, bytes_of_text(text));
}

void object_number(struct buf *out, const char *name, uint64_t number)
{
    put_name(out, name);
    buf_append_format(out, "%" PRIu64, number);
}

void object_bool(struct buf *out, const char *name, bool value)
{
    put_name(out, name);
    buf_append_text(out, value ? "true" : "false");
}

void object_hex(struct buf *out, const char *name, struct bytes data)
{
    put_name(out, name);
    buf_append_text(out, "\"");
    text_append_hex(out, data);
    buf_append_text(out, "\"");
}

void object_base64(struct buf *out, const char *name, struct bytes data)
{
    put_name(out, name);
    buf_append_text(out, "\"");
    text_append_base64(out, data);
    buf_append_text(out, "\"");
}

void object_raw(struct buf *out, const char *name, struct bytes value)
{
    put_name(out, name);
    buf_append_bytes(out, value);
}
