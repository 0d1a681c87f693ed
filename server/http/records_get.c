/*
 * GET /v1/records/{kind}/{value}: the entries that mention something, a page at a time. Every page
 * says which tree it speaks of, and goes on with the same one. docs/PROTOCOL.md has the members.
 */
#include "server/http/endpoints.h"

#include "server/evidence/entry_row.h"
#include "server/evidence/records_page.h"
#include "server/http/head_view.h"
#include "server/transport/reply.h"

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

static bool read_rows(const struct service *service, struct records_page *page, struct err *err)
{
    struct mention_found found;
    struct entry_rows rows;
    bool ok;

    entry_rows_init(&rows, service->store, service->kind, page->with_records);
    ok = mention_search_run(service->store, &found, &page->search, page->limit, err);
    page->next = found.next;
    for (size_t i = 0; ok && i < found.count; i++) {
        if (records_page_is_full(page)) {
            page->next = found.indexes[i];
            break;
        }
        ok = entry_rows_append(&rows, &page->rows, found.indexes[i], err);
        page->row_count++;
    }
    entry_rows_cleanup(&rows);
    return ok;
}

static void send_page(struct request *request, struct records_page *page)
{
    struct err err = {0};

    if (!read_rows(request->service, page, &err)) {
        reply_send_error(request, &err);
        return;
    }
    records_page_append(request_body_buf(request), page);
    reply_send_item(request, bytes_of_buf(request_body_buf(request)), CACHE_NONE);
}

bool records_get(struct request *request, struct problem *problem)
{
    struct records_page page = {0};
    struct err err = {0};
    uint64_t newest;
    bool ok;

    if (!read_size(request, &newest, &err)) {
        reply_send_error(request, &err);
        return true;
    }
    ok = records_page_init(&page, request->parameters[0], request->parameters[1], newest,
                           problem) &&
         records_page_take_query(&page, request->query, problem);
    if (ok)
        send_page(request, &page);
    records_page_cleanup(&page);
    return ok;
}
