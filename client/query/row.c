#include "client/query/row.h"

#include <inttypes.h>

#include "base/text.h"
#include "client/cell.h"
#include "client/verify/when.h"
#include "merkle/node.h"

enum {
    INDEX_COLUMNS = 10,
    TIME_COLUMNS = 24,
    ISSUER_COLUMNS = 26,
    COUNT_COLUMNS = 7,
    TYPES_COLUMNS = 200, /* the terminal breaks the line: it is the last column */
    FLAG_COLUMNS = 60,
};

static bool are_texts(const struct field *list)
{
    if (list == NULL)
        return true;
    if (list->type != DCBOR_ARRAY)
        return false;
    for (const struct field *item = field_first(list); item != NULL;
         item = field_next(list, item)) {
        if (item->type != DCBOR_TEXT)
            return false;
    }
    return true;
}

bool row_read(struct row *out, const struct field *map, struct err *err)
{
    *out = (struct row){
        .index = field_uint(field_get(map, "index"), TREE_SIZE_MAX),
        .received_at_ms = field_uint(field_get(map, "received_at_ms"), 0),
        .issuer = field_text(field_get(map, "issuer")),
        .record_count = field_uint(field_get(map, "record_count"), 0),
        .types = field_get(map, "types"),
        .flags = field_get(map, "flags"),
        .encoded = map->encoded,
    };
    if (out->index < TREE_SIZE_MAX && are_texts(out->types) && are_texts(out->flags) &&
        text_parse_hex(out->entry_id.bytes, HASH_LEN, field_text(field_get(map, "entry_id"))))
        return true;
    return err_set(err, ERR_CORRUPT, "the log's row of an entry is not of the form it must have");
}

void row_append_title(struct buf *out)
{
    buf_append_format(out, "%*s  %-*s  %-*s  %*s  types\n", INDEX_COLUMNS, "index", TIME_COLUMNS,
                      "received", ISSUER_COLUMNS, "issuer", COUNT_COLUMNS, "records");
}

static void append_types(struct buf *out, const struct row *row)
{
    struct buf text = {0};

    for (const struct field *type = field_first(row->types); type != NULL;
         type = field_next(row->types, type)) {
        buf_append_text(&text, text.len > 0 ? ", " : "");
        buf_append_bytes(&text, field_text(type));
    }
    cell_append(out, bytes_of_buf(&text), TYPES_COLUMNS);
    buf_cleanup(&text);
}

void row_append_line(struct buf *out, const struct row *row)
{
    char when[WHEN_LEN];

    buf_append_format(out, "%*" PRIu64 "  %-*s", INDEX_COLUMNS, row->index, TIME_COLUMNS,
                      when_ms(when, row->received_at_ms));
    if (row->issuer.len == 0) {
        buf_append_text(out, "  entry ");
        text_append_hex(out, hash_bytes(&row->entry_id));
    } else {
        buf_append_text(out, "  ");
        cell_append_padded(out, row->issuer, ISSUER_COLUMNS);
        buf_append_format(out, "  %*" PRIu64 "  ", COUNT_COLUMNS, row->record_count);
        append_types(out, row);
    }
    buf_append_text(out, "\n");
    for (const struct field *flag = field_first(row->flags); flag != NULL;
         flag = field_next(row->flags, flag)) {
        buf_append_format(out, "%*s  ! ", INDEX_COLUMNS, "");
        cell_append(out, field_text(flag), FLAG_COLUMNS);
        buf_append_text(out, "\n");
    }
}
