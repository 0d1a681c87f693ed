#include "server/evidence/records_page.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/dcbor.h"

enum { LIMIT_DEFAULT = 100, ROWS_LEN_MAX = 1024 * 1024 };

static bool take_view(struct records_page *page, struct problem *problem)
{
    struct bytes view;

    if (!query_take(&page->query, "view", &view) || bytes_equal_text(view, "rows"))
        return true;
    page->with_records = bytes_equal_text(view, "records");
    if (page->with_records)
        return true;
    problem_set(problem, PROBLEM_PARAMETER, "There is no such view.");
    return problem_add(problem, NULL, NULL, "rows or records");
}

bool records_page_init(struct records_page *out, struct bytes kind, struct bytes value,
                       uint64_t newest, struct problem *problem)
{
    out->kind = kind;
    out->search.end = newest;
    if (!text_parse_percent(&out->value, value))
        return problem_set(problem, PROBLEM_PARAMETER, "The value has a broken %%-escape.");
    return mention_filter_add(&out->search, kind, bytes_of_buf(&out->value), problem);
}

/* page->search.end is the newest size, and becomes the one that was asked for. */
bool records_page_take_query(struct records_page *page, struct bytes query,
                             struct problem *problem)
{
    uint64_t newest = page->search.end;

    page->limit = LIMIT_DEFAULT;
    if (!query_init(&page->query, query, problem) ||
        !query_take_uint(&page->query, "size", &page->search.end, 0, TREE_SIZE_MAX, problem) ||
        !query_take_uint(&page->query, "begin", &page->search.begin, 0, TREE_SIZE_MAX, problem) ||
        !query_take_uint(&page->query, "limit", &page->limit, 1, MENTION_FOUND_MAX, problem) ||
        !take_view(page, problem) || !mention_filter_take(&page->search, &page->query, problem) ||
        !query_check_taken(&page->query, problem))
        return false;
    if (page->search.end > newest)
        return problem_set(problem, PROBLEM_NOT_FOUND, "The tree has %" PRIu64 " entries.", newest);
    return true;
}

void records_page_cleanup(struct records_page *page)
{
    query_cleanup(&page->query);
    buf_cleanup(&page->value);
    buf_cleanup(&page->rows);
}

bool records_page_is_full(const struct records_page *page)
{
    return page->rows.len >= ROWS_LEN_MAX;
}

/* The target of the next page: this one's, with another beginning and the same size. */
static void append_next(struct buf *out, const struct records_page *page)
{
    buf_append_text(out, "/v1/records/");
    buf_append_bytes(out, page->kind);
    buf_append_byte(out, '/');
    text_append_percent(out, bytes_of_buf(&page->value), "/@:+=");
    buf_append_format(out, "?begin=%" PRIu64 "&size=%" PRIu64, page->next, page->search.end);
    for (size_t i = 0; i < page->query.count; i++) {
        const struct query_parameter *parameter = &page->query.parameters[i];

        if (bytes_equal_text(parameter->name, "begin") ||
            bytes_equal_text(parameter->name, "size"))
            continue;
        buf_append_byte(out, '&');
        buf_append_bytes(out, parameter->name);
        buf_append_byte(out, '=');
        text_append_percent(out, parameter->value, "/@:");
    }
}

void records_page_append(struct buf *out, const struct records_page *page)
{
    bool has_next = page->next < page->search.end;

    dcbor_put_map(out, 4u + has_next);
    dcbor_put_literal(out, "kind");
    dcbor_put_text(out, page->kind);
    if (has_next) {
        struct buf next = {0};

        append_next(&next, page);
        dcbor_put_literal(out, "next");
        dcbor_put_text(out, bytes_of_buf(&next));
        buf_cleanup(&next);
    }
    dcbor_put_literal(out, "size");
    dcbor_put_uint(out, page->search.end);
    dcbor_put_literal(out, "value");
    dcbor_put_text(out, bytes_of_buf(&page->value));
    dcbor_put_literal(out, "entries");
    dcbor_put_array(out, page->row_count);
    buf_append_bytes(out, bytes_of_buf(&page->rows));
}
