/* What a log says of one entry: a row of GET /v1/records/{kind}/{value} or of the stream. */
#ifndef VOUCH_CLIENT_QUERY_ROW_H
#define VOUCH_CLIENT_QUERY_ROW_H

#include "merkle/hash.h"
#include "schemas/record_fields.h"

/* Borrows from the fields it was read from. */
struct row {
    uint64_t index;
    struct hash entry_id;
    uint64_t received_at_ms;
    struct bytes issuer;       /* empty: the entry of an opaque log */
    uint64_t record_count;
    const struct field *types; /* array of texts, or NULL */
    const struct field *flags; /* the same: "RULE/code" each */
    struct bytes encoded;      /* the whole row */
};

/* ERR_CORRUPT when it is no row. Members that are not known here are left alone. */
MUST_USE bool row_read(struct row *out, const struct field *map, struct err *err);

/* Appends the line above a table of rows. */
void row_append_title(struct buf *out);

/* Appends the row as a line of the table, and one line more for each flag. */
void row_append_line(struct buf *out, const struct row *row);

#endif
