#include "client/query/row_check.h"

#include <inttypes.h>

#include "schemas/record.h"

enum { TYPES_MAX = 32 }; /* a row names no more */

bool row_checker_open(struct row_checker *out, const struct args *args, struct err *err)
{
    if (!log_view_open(&out->view, args, err))
        return false;
    tile_reader_init(&out->tiles, out->view.fetcher, out->view.head.checkpoint.size);
    out->is_open = true;
    return true;
}

void row_checker_close(struct row_checker *checker)
{
    if (checker->is_open)
        tile_reader_cleanup(&checker->tiles);
    log_view_close(&checker->view);
    *checker = (struct row_checker){0};
}

static bool is_among(struct bytes type, const struct bytes *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(type, types[i]))
            return true;
    }
    return false;
}

/* The types in the order in which they occur first, each once. */
static bool has_types(const struct row *row, struct bytes payload)
{
    const struct field *shown = field_first(row->types);
    struct record_reader reader = record_reader_of(payload);
    struct bytes types[TYPES_MAX];
    size_t count = 0;
    struct record record;

    while (count < TYPES_MAX && record_next(&reader, &record)) {
        if (is_among(record.type, types, count))
            continue;
        types[count++] = record.type;
        if (shown == NULL || !bytes_equal(field_text(shown), record.type))
            return false;
        shown = field_next(row->types, shown);
    }
    return shown == NULL;
}

static bool check_content(const struct row *row, struct bytes entry, struct err *err)
{
    struct problem problem = {0};
    struct statement statement;
    size_t record_count;

    if (statement_decode_form(&statement, entry, &problem) &&
        record_check_payload(statement.cose.payload, &record_count, &problem) &&
        bytes_equal(statement.issuer, row->issuer) && record_count == row->record_count &&
        has_types(row, statement.cose.payload))
        return true;
    return err_set(err, ERR_CORRUPT, "the log shows entry %" PRIu64 " as something else than it is",
                   row->index);
}

/* A mirror has no entries by their ids; what is proven at the row's index is the same one. */
static bool read_entry(const struct row_checker *checker, struct buf *out, const struct row *row,
                       struct err *err)
{
    struct fetcher *fetcher = checker->view.fetcher;

    if (log_read_statement(fetcher, out, &row->entry_id, err))
        return true;
    if (err->code != ERR_NOT_FOUND)
        return false;
    *err = (struct err){0};
    return log_read_entry(fetcher, out, &checker->view.head.checkpoint, row->index, err);
}

bool row_checker_check(struct row_checker *checker, const struct row *row, struct err *err)
{
    struct buf entry = {0};
    struct proof proof;
    bool ok = log_prove_inclusion_from(&checker->tiles, &proof, &checker->view.head.checkpoint,
                                       row->index, &row->entry_id, err) &&
              read_entry(checker, &entry, row, err) &&
              check_content(row, bytes_of_buf(&entry), err);

    buf_cleanup(&entry);
    checker->checked_count += ok;
    return ok;
}
