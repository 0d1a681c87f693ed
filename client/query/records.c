#include "client/query/records.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "merkle/node.h"

enum {
    REPLY_LEN_MAX = 4 * 1024 * 1024,
    NUMBERS_LEN_MAX = 128, /* of begin, size and limit in the path */
};

bool records_init(struct records *out, const struct records_query *query, struct err *err)
{
    *out = (struct records){.query = *query, .size = query->size, .begin = query->begin};
    if (!term_check(bytes_of_text(query->kind), bytes_of_text(query->value), err))
        return false;
    if (query->term_count >= TERMS_MAX)
        return err_set(err, ERR_INVALID, "at most %d terms can be asked for together", TERMS_MAX);
    buf_append_format(&out->path, "v1/records/%s/", query->kind);
    text_append_percent(&out->path, bytes_of_text(query->value), "/@:+=");
    for (size_t i = 0; i < query->term_count; i++) {
        if (!term_append_parameter(&out->parameters, query->terms[i], err))
            return false;
    }
    return out->path.len + out->parameters.len + NUMBERS_LEN_MAX < FETCH_PATH_LEN_MAX ||
           err_set(err, ERR_INVALID, "the values asked for are too long");
}

void records_cleanup(struct records *records)
{
    buf_cleanup(&records->path);
    buf_cleanup(&records->parameters);
    buf_cleanup(&records->reply.body);
    record_fields_cleanup(&records->fields);
}

static uint64_t left_of(const struct records *records)
{
    return records->query.limit - records->found_count;
}

bool records_at_end(const struct records *records)
{
    return records->is_last || left_of(records) == 0;
}

static uint64_t page_limit(const struct records *records)
{
    uint64_t left = left_of(records);

    return left < RECORDS_PAGE_ROWS_MAX ? left : RECORDS_PAGE_ROWS_MAX;
}

static bool fetch_page(struct records *records, struct err *err)
{
    struct buf path = {0};
    bool ok;

    buf_cleanup(&records->reply.body);
    buf_append_bytes(&path, bytes_of_buf(&records->path));
    buf_append_format(&path, "?begin=%" PRIu64 "&limit=%" PRIu64, records->begin,
                      page_limit(records));
    if (records->size != UINT64_MAX)
        buf_append_format(&path, "&size=%" PRIu64, records->size);
    buf_append_bytes(&path, bytes_of_buf(&records->parameters));
    ok = fetch_get(records->fetcher, &records->reply, buf_text(&path), "application/cbor",
                   REPLY_LEN_MAX, err);
    buf_cleanup(&path);
    return ok;
}

static bool no_page(struct err *err, const char *why)
{
    return err_set(err, ERR_CORRUPT, "the log's page makes no sense: %s", why);
}

/* Only the beginning is taken from the target: where it leads to is not for the log to say. */
static bool read_next(struct records *records, struct bytes target, struct err *err)
{
    struct bytes parameter;
    uint64_t begin = 0;

    text_split(&target, &parameter, '?');
    while (target.len > 0) {
        struct bytes value;
        struct bytes name;

        text_split(&target, &parameter, '&');
        value = parameter;
        text_split(&value, &name, '=');
        if (bytes_equal_text(name, "begin") && !text_parse_uint(&begin, value, TREE_SIZE_MAX))
            return no_page(err, "the next one begins nowhere");
    }
    if (begin <= records->begin || begin >= records->size)
        return no_page(err, "the next one does not lie behind it");
    records->begin = begin;
    return true;
}

static bool read_size(struct records *records, const struct field *page, struct err *err)
{
    uint64_t size = field_uint(field_get(page, "size"), UINT64_MAX);

    if (size > TREE_SIZE_MAX)
        return no_page(err, "it names no tree");
    if (records->size != UINT64_MAX && records->size != size)
        return no_page(err, "it speaks of another tree than was asked for");
    records->size = size;
    return true;
}

static bool read_rows(struct records *records, const struct field *entries, struct err *err)
{
    uint64_t least = records->begin;

    records->row_count = 0;
    if (entries == NULL || entries->type != DCBOR_ARRAY ||
        field_count(entries) > page_limit(records))
        return no_page(err, "it has no entries, or more than were asked for");
    for (const struct field *item = field_first(entries); item != NULL;
         item = field_next(entries, item)) {
        struct row *row = &records->rows[records->row_count];

        if (!row_read(row, item, err))
            return false;
        if (row->index < least || row->index >= records->size)
            return no_page(err, "its entries are not in order, or not in the tree");
        least = row->index + 1;
        records->row_count++;
    }
    return true;
}

static bool read_page(struct records *records, const struct field *page, struct err *err)
{
    const struct field *next = field_get(page, "next");
    uint64_t end;

    if (!read_size(records, page, err) || !read_rows(records, field_get(page, "entries"), err))
        return false;
    end = records->row_count > 0 ? records->rows[records->row_count - 1].index : 0;
    records->found_count += records->row_count;
    records->is_last = next == NULL;
    if (next == NULL)
        return true;
    return read_next(records, field_text(next), err) &&
           (records->row_count == 0 || records->begin > end ||
            no_page(err, "the next one does not lie behind it"));
}

bool records_read(struct records *records, struct err *err)
{
    struct err form = {0};

    CHECK(!records_at_end(records));
    if (!fetch_page(records, err))
        return false;
    if (!record_fields_read(&records->fields, bytes_of_buf(&records->reply.body), &form))
        return no_page(err, form.text);
    return read_page(records, records->fields.fields, err);
}
