/*
 * GET /v1/records/{kind}/{value}: the entries that mention something, a page at a time. Every page
 * says which tree it speaks of, and goes on with the same one. docs/PROTOCOL.md has the members.
 */
#include "server/http/endpoints.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "server/evidence/entry_row.h"
#include "server/http/head_view.h"
#include "server/http/mention_filter.h"
#include "server/transport/reply.h"

enum {
    LIMIT_DEFAULT = 100,
    LIMIT_MAX = MENTION_FOUND_MAX,
    ROWS_LEN_MAX = 1024 * 1024, /* no further row begins beyond it */
};

struct page {
    struct query query;
    struct mention_search search; /* its end is the size of the tree */
    uint64_t limit;
    bool with_records;
    struct buf value; /* of the path, decoded */
    struct mention_found found;
    struct buf rows;
    size_t row_count;
    uint64_t next; /* search.end: this is the last page */
};

/* The newest tree that is published and that the index speaks of. */
static bool read_size(struct request *request, uint64_t *out, struct err *err)
{
    uint64_t published = request_head(request)->head.size;

    if (!store_read_facts_size(request->service->store, out, err))
        return false;
    if (*out > published)
        *out = published;
    return true;
}

static bool take_view(struct page *page, struct problem *problem)
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

static bool take_path(const struct request *request, struct page *page, struct problem *problem)
{
    if (!text_parse_percent(&page->value, request->parameters[1]))
        return problem_set(problem, PROBLEM_PARAMETER, "The value has a broken %%-escape.");
    return mention_filter_add(&page->search, request->parameters[0], bytes_of_buf(&page->value),
                              problem);
}

/* page->search.end is the newest size, and becomes the one that was asked for. */
static bool take_query(const struct request *request, struct page *page, struct problem *problem)
{
    uint64_t newest = page->search.end;

    page->limit = LIMIT_DEFAULT;
    if (!query_init(&page->query, request->query, problem) ||
        !query_take_uint(&page->query, "size", &page->search.end, 0, TREE_SIZE_MAX, problem) ||
        !query_take_uint(&page->query, "begin", &page->search.begin, 0, TREE_SIZE_MAX, problem) ||
        !query_take_uint(&page->query, "limit", &page->limit, 1, LIMIT_MAX, problem) ||
        !take_view(page, problem) || !mention_filter_take(&page->search, &page->query, problem) ||
        !query_check_taken(&page->query, problem))
        return false;
    if (page->search.end > newest)
        return problem_set(problem, PROBLEM_NOT_FOUND, "The tree has %" PRIu64 " entries.", newest);
    return true;
}

static bool read_rows(const struct service *service, struct page *page, struct err *err)
{
    struct entry_rows rows;
    bool ok;

    entry_rows_init(&rows, service->store, service->kind, page->with_records);
    ok = mention_search_run(service->store, &page->found, &page->search, page->limit, err);
    page->next = page->found.next;
    for (size_t i = 0; ok && i < page->found.count; i++) {
        if (page->rows.len >= ROWS_LEN_MAX) {
            page->next = page->found.indexes[i];
            break;
        }
        ok = entry_rows_append(&rows, &page->rows, page->found.indexes[i], err);
        page->row_count++;
    }
    entry_rows_cleanup(&rows);
    return ok;
}

/* The target of the next page: this one's, with another beginning and the same size. */
static void append_next(struct buf *out, const struct request *request, const struct page *page)
{
    buf_append_text(out, "/v1/records/");
    buf_append_bytes(out, request->parameters[0]);
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

static void append_page(struct buf *out, const struct request *request, const struct page *page)
{
    bool has_next = page->next < page->search.end;

    dcbor_put_map(out, 4u + has_next);
    dcbor_put_literal(out, "kind");
    dcbor_put_text(out, request->parameters[0]);
    if (has_next) {
        struct buf next = {0};

        append_next(&next, request, page);
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

static void send_page(struct request *request, struct page *page)
{
    struct err err = {0};

    if (!read_rows(request->service, page, &err)) {
        reply_send_error(request, &err);
        return;
    }
    append_page(request_body_buf(request), request, page);
    reply_send_item(request, bytes_of_buf(request_body_buf(request)), CACHE_NONE);
}

bool records_get(struct request *request, struct problem *problem)
{
    struct page page = {0};
    struct err err = {0};
    bool ok = true;

    if (!read_size(request, &page.search.end, &err)) {
        reply_send_error(request, &err);
        return true;
    }
    ok = take_path(request, &page, problem) && take_query(request, &page, problem);
    if (ok)
        send_page(request, &page);
    query_cleanup(&page.query);
    buf_cleanup(&page.value);
    buf_cleanup(&page.rows);
    return ok;
}
