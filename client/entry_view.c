#include "client/entry_view.h"

#include "base/text.h"
#include "client/object.h"
#include "client/verify/when.h"
#include "schemas/record.h"
#include "schemas/statement.h"
#include "schemas/view.h"

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
            buf_append_format(out, "%s\n", buf_text(&text));
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
    buf_append_format(out, "issuer     %.*s\n", (int)statement->issuer.len,
                      (const char *)statement->issuer.data);
    if (statement->subject.len > 0)
        buf_append_format(out, "subject    %.*s\n", (int)statement->subject.len,
                          (const char *)statement->subject.data);
    buf_append_format(out, "issued at  %s (its own clock)\nkid        ",
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
