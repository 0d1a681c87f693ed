#include "client/decision/card.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "client/plain_text.h"
#include "client/verify/when.h"

enum { VALUE_LEN_MAX = 2048 };

/* Appends one more row of text, as much of it as fits, up to the last blank if there is one. */
static void append_row(struct buf *out, struct bytes *rest)
{
    size_t left = CARD_COLUMNS - CARD_LABEL_COLUMNS;
    struct bytes blank_rest = {0};
    size_t blank_len = 0;
    struct buf shown = {0};
    bool fits = true;

    while (fits && rest->len > 0) {
        struct bytes after = *rest;
        size_t columns = plain_text_next(&shown, &after);

        fits = columns <= left;
        if (!fits)
            break;
        buf_append_bytes(out, bytes_of_buf(&shown));
        left -= columns;
        if (rest->data[0] == ' ') {
            blank_rest = after;
            blank_len = out->len;
        }
        buf_clear(&shown);
        *rest = after;
    }
    if (!fits && blank_len > 0) {
        out->len = blank_len;
        *rest = blank_rest;
    }
    buf_append_text(out, "\n");
    buf_cleanup(&shown);
}

void card_line(struct buf *out, const char *label, struct bytes value)
{
    buf_append_format(out, "  %-*s", CARD_LABEL_COLUMNS - 2, label);
    append_row(out, &value);
    while (value.len > 0) {
        buf_append_format(out, "%*s", CARD_LABEL_COLUMNS, "");
        append_row(out, &value);
    }
}

void card_text(struct buf *out, const char *label, const char *value)
{
    card_line(out, label, bytes_of_text(value));
}

void card_format(struct buf *out, const char *label, const char *format, ...)
{
    char text[VALUE_LEN_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    card_text(out, label, text);
}

void card_field(struct buf *out, const char *label, const struct field *text)
{
    if (text != NULL)
        card_line(out, label, field_text(text));
}

void card_hex(struct buf *out, const char *label, struct bytes value)
{
    struct buf text = {0};

    text_append_hex(&text, value);
    card_line(out, label, bytes_of_buf(&text));
    buf_cleanup(&text);
}

void card_run(struct buf *out, const char *label, const struct field *run_id)
{
    struct buf text = {0};

    if (field_bytes(run_id).len != 16)
        return;
    text_append_uuid(&text, field_bytes(run_id));
    card_line(out, label, bytes_of_buf(&text));
    buf_cleanup(&text);
}

static void append_digest(struct buf *out, const struct field *payload_digest)
{
    buf_append_bytes(out, field_text(field_get(payload_digest, "algorithm")));
    buf_append_text(out, " ");
    text_append_hex(out, field_bytes(field_get(payload_digest, "digest")));
    if (field_get(payload_digest, "media_type") != NULL) {
        buf_append_text(out, ", ");
        buf_append_bytes(out, field_text(field_get(payload_digest, "media_type")));
    }
    if (field_get(payload_digest, "length_bytes") != NULL)
        buf_append_format(out, ", %" PRIu64 " bytes",
                          field_uint(field_get(payload_digest, "length_bytes"), 0));
    if (field_get(payload_digest, "location") != NULL) {
        buf_append_text(out, ", at ");
        buf_append_bytes(out, field_text(field_get(payload_digest, "location")));
    }
}

void card_versioned(struct buf *out, const char *label, const struct field *versioned)
{
    struct buf text = {0};

    if (versioned == NULL)
        return;
    buf_append_bytes(&text, field_text(field_get(versioned, "id")));
    buf_append_text(&text, " version ");
    buf_append_bytes(&text, field_text(field_get(versioned, "version")));
    if (field_get(versioned, "content") != NULL) {
        buf_append_text(&text, ", ");
        append_digest(&text, field_get(versioned, "content"));
    }
    card_line(out, label, bytes_of_buf(&text));
    buf_cleanup(&text);
}

void card_digest(struct buf *out, const char *label, const struct field *payload_digest)
{
    struct buf text = {0};

    if (payload_digest == NULL)
        return;
    append_digest(&text, payload_digest);
    card_line(out, label, bytes_of_buf(&text));
    buf_cleanup(&text);
}

void card_reference(struct buf *out, const char *label, const struct field *record_reference)
{
    struct buf text = {0};

    if (field_bytes(field_get(record_reference, "record_id")).len != 16)
        return;
    buf_append_text(&text, "record ");
    text_append_uuid(&text, field_bytes(field_get(record_reference, "record_id")));
    if (field_get(record_reference, "iss") != NULL) {
        buf_append_text(&text, " by ");
        buf_append_bytes(&text, field_text(field_get(record_reference, "iss")));
    }
    if (field_get(record_reference, "index") != NULL)
        buf_append_format(&text, " in entry %" PRIu64,
                          field_uint(field_get(record_reference, "index"), 0));
    card_line(out, label, bytes_of_buf(&text));
    buf_cleanup(&text);
}

void card_subject(struct buf *out, const struct field *subject)
{
    card_field(out, "subject", field_get(subject, "kind"));
    card_run(out, "  run", field_get(subject, "run_id"));
    card_field(out, "  node", field_get(subject, "node_id"));
    card_versioned(out, "  object", field_get(subject, "object"));
    card_reference(out, "  record", field_get(subject, "record"));
}

static void append_duration(struct buf *out, uint64_t ms)
{
    uint64_t minutes = ms / 60000;

    if (minutes == 0)
        buf_append_format(out, "%" PRIu64 " s", ms / 1000);
    else if (minutes < 60)
        buf_append_format(out, "%" PRIu64 " min", minutes);
    else if (minutes < 48 * 60)
        buf_append_format(out, "%" PRIu64 " h %" PRIu64 " min", minutes / 60, minutes % 60);
    else
        buf_append_format(out, "%" PRIu64 " days", minutes / (24 * 60));
}

void card_time(struct buf *out, const char *label, uint64_t at_ms, uint64_t now_ms)
{
    struct buf text = {0};
    char when[WHEN_LEN];

    buf_append_text(&text, when_ms(when, at_ms));
    buf_append_text(&text, at_ms > now_ms ? ", in " : ", ");
    append_duration(&text, at_ms > now_ms ? at_ms - now_ms : now_ms - at_ms);
    buf_append_text(&text, at_ms > now_ms ? "" : " ago");
    card_line(out, label, bytes_of_buf(&text));
    buf_cleanup(&text);
}

/* A line that goes on in the next row has another bar there. */
void card_payload(struct buf *out, struct bytes text, size_t rows_max)
{
    struct bytes line = {0};

    for (size_t row = 0; line.len + text.len > 0 && row < rows_max; row++) {
        bool goes_on = line.len > 0;

        if (!goes_on)
            text_split(&text, &line, '\n');
        buf_append_format(out, "%*s", CARD_LABEL_COLUMNS, goes_on ? ": " : "| ");
        append_row(out, &line);
    }
    if (line.len + text.len > 0)
        buf_append_format(out, "%*s(%zu more bytes are not shown here)\n", CARD_LABEL_COLUMNS, "",
                          line.len + text.len);
}
