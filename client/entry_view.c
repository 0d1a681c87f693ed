#include "client/entry_view.h"

#include "base/text.h"
#include "client/object.h"
#include "client/plain_text.h"
#include "client/verify/when.h"
#include "schemas/record.h"
#include "schemas/statement.h"
#include "schemas/view.h"

/* JSON for a terminal: its ends of lines and backslashes stay, all else is written as plain_text.h
 * does. */
static void append_plain_json(struct buf *out, struct bytes json)
{
    while (json.len > 0) {
        bool is_own = json.data[0] == '\n' || json.data[0] == '\\';

        if (!is_own) {
            plain_text_next(out, &json);
            continue;
        }
        buf_append_byte(out, json.data[0]);
        json = bytes_slice(json, 1, json.len);
    }
    buf_append_text(out, "\n");
}

/* Appends the records' JSON, as a list or one after the other. */
static bool append_records(struct buf *out, struct bytes payload, bool json, struct err *err)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;

    if (json)
        object_begin_list(out, "records");
    while (record_next(&reader, &record)) {
        struct buf text = {0};
        bool ok = view_append_json(&text, record.encoded, !json, err);

        if (ok && json)
            object_raw(out, NULL, bytes_of_buf(&text));
        else if (ok)
            append_plain_json(out, bytes_of_buf(&text));
        buf_cleanup(&text);
        if (!ok)
            return false;
    }
    if (json)
        object_end_list(out);
    return true;
}

static void append_claims(struct buf *out, const struct statement *statement, bool json)
{
    char when[WHEN_LEN];

    if (json) {
        object_bytes_text(out, "issuer", statement->issuer);
        if (statement->subject.len > 0)
            object_bytes_text(out, "subject", statement->subject);
        object_number(out, "issued_at_s", statement->issued_at_s);
        object_hex(out, "kid", statement->kid);
        return;
    }
    buf_append_text(out, "issuer     ");
    plain_text_append(out, statement->issuer);
    if (statement->subject.len > 0) {
        buf_append_text(out, "\nsubject    ");
        plain_text_append(out, statement->subject);
    }
    buf_append_format(out, "\nissued at  %s (its own clock)\nkid        ",
                      when_seconds(when, statement->issued_at_s));
    text_append_hex(out, statement->kid);
    buf_append_text(out, "\n");
}

bool entry_view_append(struct buf *out, struct bytes entry, bool json, struct err *err)
{
    struct problem problem = {0};
    struct statement statement;
    size_t record_count;
    struct hash leaf;

    hash_leaf(&leaf, entry);
    if (json) {
        object_hex(out, "entry_id", hash_bytes(&leaf));
    } else {
        buf_append_text(out, "entry id   ");
        text_append_hex(out, hash_bytes(&leaf));
        buf_append_text(out, "\n");
    }
    if (statement_decode(&statement, entry, &problem) &&
        record_check_payload(statement.cose.payload, &record_count, &problem)) {
        append_claims(out, &statement, json);
        return append_records(out, statement.cose.payload, json, err);
    }
    if (json)
        object_base64(out, "entry", entry);
    else
        buf_append_format(out, "%zu opaque bytes\n", entry.len);
    return true;
}
