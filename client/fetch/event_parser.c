#include "client/fetch/event_parser.h"

#include <string.h>

#include "base/text.h"

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

enum { RETRY_MAX_MS = 3600000 };

/* A blank line ends an event; one without data is none. */
static bool dispatch(struct event_parser *parser, event_take_fn take, void *context,
                     struct err *err)
{
    struct stream_event event = {.type = bytes_of_buf(&parser->type),
                                 .id = bytes_of_buf(&parser->id),
                                 .data = bytes_of_buf(&parser->data)};
    bool ok = true;

    if (event.data.len > 1) {
        event.data.len--; /* the last line's end */
        ok = take(context, &event, err);
    }
    buf_clear(&parser->type);
    buf_clear(&parser->data);
    return ok;
}

static void set(struct buf *out, struct bytes value)
{
    buf_clear(out);
    buf_append_bytes(out, value);
}

static void take_field(struct event_parser *parser, struct bytes name, struct bytes value)
{
    uint64_t retry_ms;

    if (bytes_equal_text(name, "event")) {
        set(&parser->type, value);
    } else if (bytes_equal_text(name, "data")) {
        buf_append_bytes(&parser->data, value);
        buf_append_byte(&parser->data, '\n');
    } else if (bytes_equal_text(name, "id")) {
        if (value.len == 0 || memchr(value.data, '\0', value.len) == NULL)
            set(&parser->id, value);
    } else if (bytes_equal_text(name, "retry")) {
        if (text_parse_uint(&retry_ms, value, RETRY_MAX_MS))
            parser->retry_ms = retry_ms;
    }
}

static bool take_line(struct event_parser *parser, event_take_fn take, void *context,
                      struct err *err)
{
    struct bytes value = bytes_of_buf(&parser->line);
    struct bytes mark = bytes_of_text(BYTE_ORDER_MARK);
    struct bytes name;
    bool ok = true;

    if (!parser->is_begun && bytes_start_with(value, mark))
        value = bytes_slice(value, mark.len, value.len);
    parser->is_begun = true;
    if (value.len == 0) {
        ok = dispatch(parser, take, context, err);
    } else if (value.data[0] != ':') {
        text_split(&value, &name, ':');
        if (value.len > 0 && value.data[0] == ' ')
            value = bytes_slice(value, 1, value.len);
        take_field(parser, name, value);
    }
    buf_clear(&parser->line);
    return ok;
}

/* Appends what comes before the end of the line, if that is in the piece. */
static bool take_part_of_line(struct event_parser *parser, struct bytes *piece, struct err *err)
{
    size_t len = 0;

    while (len < piece->len && piece->data[len] != '\n' && piece->data[len] != '\r')
        len++;
    if (len > EVENT_LEN_MAX || parser->line.len + parser->data.len > EVENT_LEN_MAX - len)
        return err_set(err, ERR_CORRUPT, "the stream has an event of more than %d bytes",
                       EVENT_LEN_MAX);
    buf_append_bytes(&parser->line, bytes_slice(*piece, 0, len));
    *piece = bytes_slice(*piece, len, piece->len);
    return true;
}

bool event_parser_feed(struct event_parser *parser, struct bytes piece, event_take_fn take,
                       void *context, struct err *err)
{
    while (piece.len > 0) {
        bool is_second = parser->after_return && piece.data[0] == '\n';

        parser->after_return = false;
        if (is_second) { /* of a carriage return and a line feed, one end together */
            piece = bytes_slice(piece, 1, piece.len);
            continue;
        }
        if (!take_part_of_line(parser, &piece, err))
            return false;
        if (piece.len == 0)
            break;
        parser->after_return = piece.data[0] == '\r';
        piece = bytes_slice(piece, 1, piece.len);
        if (!take_line(parser, take, context, err))
            return false;
    }
    return true;
}

void event_parser_reset(struct event_parser *parser)
{
    buf_clear(&parser->line);
    buf_clear(&parser->type);
    buf_clear(&parser->data);
    buf_clear(&parser->id);
    parser->is_begun = false;
    parser->after_return = false;
    parser->retry_ms = 0;
}

void event_parser_cleanup(struct event_parser *parser)
{
    buf_cleanup(&parser->line);
    buf_cleanup(&parser->type);
    buf_cleanup(&parser->data);
    buf_cleanup(&parser->id);
}
