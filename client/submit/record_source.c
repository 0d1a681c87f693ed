#include "client/submit/record_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/view.h"

/* Where records go, and where they come from. */
struct sink {
    const struct record_sink *to;
    const char *where;
};

/* What is not what the schema says is worth all the log would say of it. */
static bool refuse(const struct sink *sink, const struct problem *problem, struct err *err)
{
    err_set(err, ERR_INVALID, "%s: %s%s%s", sink->where, problem->detail,
            problem->path[0] != 0 ? " at " : "", problem->path);
    if (problem->want[0] != 0 && problem->kind == PROBLEM_SCHEMA)
        err_set(err, ERR_INVALID, "%s: %s: have %s, want %s", sink->where, problem->path,
                problem->have, problem->want);
    return false;
}

static bool take_record(const struct sink *sink, struct bytes record, struct err *err)
{
    struct problem problem = {0};
    size_t count;

    if (record.len > RECORD_LEN_MAX)
        return err_set(err, ERR_INVALID, "%s: the record has %zu bytes, %d fit", sink->where,
                       record.len, RECORD_LEN_MAX);
    if (!record_validate_payload(sink->to->schema, record, &count, &problem))
        return refuse(sink, &problem, err);
    return sink->to->take(sink->to->context, record, sink->where, err);
}

static struct bytes skip_blanks(struct bytes text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL && text.data[0] != '\0')
        text = bytes_slice(text, 1, text.len);
    return text;
}

static bool looks_like_json(struct bytes content)
{
    struct bytes text = skip_blanks(content);

    return text.len > 0 && (text.data[0] == '{' || text.data[0] == '[');
}

/* One item: a record, or an array of records. */
static bool take_item(const struct sink *sink, struct bytes item, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(item);
    struct dcbor_item head;

    if (!dcbor_read(&reader, &head, err))
        return err_wrap(err, "%s", sink->where);
    if (head.type != DCBOR_ARRAY)
        return take_record(sink, item, err);
    for (uint64_t i = 0; i < head.value; i++) {
        struct bytes record;

        if (!dcbor_skip(&reader, &record, err))
            return err_wrap(err, "%s", sink->where);
        if (!take_record(sink, record, err))
            return false;
    }
    return true;
}

static bool take_json(const struct sink *sink, struct bytes json, struct err *err)
{
    struct buf item = {0};
    const struct byte_fields *fields = sink->to->schema == NULL
                                           ? byte_fields_known()
                                           : record_schema_byte_fields(sink->to->schema);
    bool ok = view_parse_json_of(&item, json, fields, err) || err_wrap(err, "%s", sink->where);

    ok = ok && take_item(sink, bytes_of_buf(&item), err);
    buf_cleanup(&item);
    return ok;
}

static bool take_line(const char *name, size_t number, struct bytes line,
                      const struct record_sink *to, struct err *err)
{
    char *where = mem_format("%s line %zu", name, number);
    struct sink sink = {.to = to, .where = where};
    bool ok = skip_blanks(line).len == 0 || take_json(&sink, line, err);

    free(where);
    return ok;
}

static bool take_lines(const char *name, struct bytes content, const struct record_sink *to,
                       struct err *err)
{
    for (size_t number = 1; content.len > 0; number++) {
        struct bytes line;

        text_split(&content, &line, '\n');
        if (!take_line(name, number, line, to, err))
            return false;
    }
    return true;
}

static bool has_line_ending(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL && (strcmp(dot, ".ndjson") == 0 || strcmp(dot, ".jsonl") == 0);
}

bool record_source_file(const char *name, struct bytes content, const struct record_sink *to,
                        struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(content);
    struct sink sink = {.to = to, .where = name};

    if (skip_blanks(content).len == 0)
        return err_set(err, ERR_INVALID, "%s: the file is empty", name);
    if (has_line_ending(name))
        return take_lines(name, content, to, err);
    if (looks_like_json(content))
        return take_json(&sink, content, err);
    while (!dcbor_at_end(&reader)) {
        struct bytes item;

        if (!dcbor_skip(&reader, &item, err))
            return err_wrap(err, "%s", name);
        if (!take_item(&sink, item, err))
            return false;
    }
    return true;
}

static void drop_front(struct buf *buf, size_t len)
{
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
}

static bool feed_lines(struct record_stream *stream, const struct record_sink *to, struct err *err)
{
    struct bytes rest = bytes_of_buf(&stream->pending);
    size_t used = 0;
    bool ok = true;

    while (ok) {
        const uint8_t *end = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
        size_t len;

        if (end == NULL)
            break;
        len = (size_t)(end - rest.data);
        ok = take_line("standard input", stream->number++, bytes_slice(rest, 0, len), to, err);
        used += len + 1;
        rest = bytes_slice(rest, len + 1, rest.len);
    }
    drop_front(&stream->pending, used);
    return ok;
}

/*
 * An item that is cut looks like one that is broken, so it is only broken when no record of the
 * allowed length could be cut there, or when the stream has ended.
 */
static bool feed_items(struct record_stream *stream, bool at_end, const struct record_sink *to,
                       struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(bytes_of_buf(&stream->pending));
    size_t used = 0;
    bool ok = true;

    while (ok && !dcbor_at_end(&reader)) {
        char where[64];
        struct sink sink = {.to = to, .where = where};
        struct err cut = {0};
        struct bytes item;

        snprintf(where, sizeof(where), "standard input, item %zu", stream->number);
        if (!dcbor_skip(&reader, &item, &cut)) {
            if (at_end || stream->pending.len - used > 2 * RECORD_LEN_MAX)
                ok = err_set(err, ERR_INVALID, "%s: %s", where, cut.text);
            break;
        }
        ok = take_item(&sink, item, err);
        stream->number++;
        used = reader.position;
    }
    drop_front(&stream->pending, used);
    return ok;
}

bool record_stream_feed(struct record_stream *stream, struct bytes piece,
                        const struct record_sink *to, struct err *err)
{
    buf_append_bytes(&stream->pending, piece);
    if (!stream->is_known && skip_blanks(bytes_of_buf(&stream->pending)).len > 0) {
        stream->is_known = true;
        stream->is_json = looks_like_json(bytes_of_buf(&stream->pending));
        stream->number = 1;
    }
    if (!stream->is_known)
        return true;
    if (!stream->is_json)
        return feed_items(stream, false, to, err);
    if (!feed_lines(stream, to, err))
        return false;
    if (stream->pending.len > 4 * RECORD_LEN_MAX)
        return err_set(err, ERR_INVALID,
                       "standard input line %zu is too long; write one record a line",
                       stream->number);
    return true;
}

bool record_stream_end(struct record_stream *stream, const struct record_sink *to, struct err *err)
{
    if (!stream->is_known || stream->pending.len == 0)
        return true;
    if (stream->is_json)
        return take_line("standard input", stream->number, bytes_of_buf(&stream->pending), to, err);
    return feed_items(stream, true, to, err);
}

void record_stream_cleanup(struct record_stream *stream)
{
    buf_cleanup(&stream->pending);
    *stream = (struct record_stream){0};
}
