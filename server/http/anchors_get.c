/*
 * GET /v1/anchors: which anchors there are, a page at a time.
 * GET /v1/anchors/{size}/{target}: one of them, a text that is verified alone.
 */
#include "server/http/endpoints.h"

#include <inttypes.h>
#include <stdlib.h>

#include "schemas/dcbor.h"
#include "server/anchoring/anchoring.h"
#include "server/transport/query.h"
#include "server/transport/reply.h"

enum { ANCHORS_PAGE_DEFAULT = 100, ANCHORS_PAGE_MAX = 1000 };

struct page {
    uint64_t begin; /* the least size */
    uint64_t limit; /* but all of a size are on one page */
    struct anchor_name names[ANCHORS_PAGE_MAX + ANCHOR_INDEX_TARGETS_MAX];
    size_t count;
    uint64_t next; /* UINT64_MAX: this is the last page */
};

static bool take_query(const struct request *request, struct page *page, struct problem *problem)
{
    struct query query = {0};
    bool ok;

    page->limit = ANCHORS_PAGE_DEFAULT;
    ok = query_init(&query, request->query, problem) &&
         query_take_uint(&query, "begin", &page->begin, 0, TREE_SIZE_MAX, problem) &&
         query_take_uint(&query, "limit", &page->limit, 1, ANCHORS_PAGE_MAX, problem) &&
         query_check_taken(&query, problem);
    query_cleanup(&query);
    return ok;
}

static void put_name(struct buf *out, const struct anchor_name *name)
{
    dcbor_put_map(out, 2);
    dcbor_put_literal(out, "size");
    dcbor_put_uint(out, name->size);
    dcbor_put_literal(out, "target");
    dcbor_put_literal(out, name->target);
}

static void put_next(struct buf *out, const struct page *page)
{
    char *next = mem_format("/v1/anchors?begin=%" PRIu64 "&limit=%" PRIu64, page->next,
                            page->limit);

    dcbor_put_literal(out, "next");
    dcbor_put_literal(out, next);
    free(next);
}

static void append_page(struct buf *out, const struct page *page)
{
    bool has_next = page->next != UINT64_MAX;

    dcbor_put_map(out, 1u + has_next);
    if (has_next)
        put_next(out, page);
    dcbor_put_literal(out, "anchors");
    dcbor_put_array(out, page->count);
    for (size_t i = 0; i < page->count; i++)
        put_name(out, &page->names[i]);
}

bool anchors_get(struct request *request, struct problem *problem)
{
    struct page page = {0};
    struct buf *body = request_body_buf(request);

    if (!take_query(request, &page, problem))
        return false;
    page.count = anchoring_list(request->service->anchoring, page.begin, page.limit, page.names,
                                &page.next);
    append_page(body, &page);
    reply_send_item(request, bytes_of_buf(body), CACHE_NONE);
    return true;
}

bool anchor_file_get(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_IMMUTABLE};
    struct buf *body = request_body_buf(request);
    struct err err = {0};
    uint64_t size;

    if (!request_uint(request, 0, "size", &size, problem))
        return false;
    if (anchoring_read(request->service->anchoring, size, request->parameters[1], body, &err)) {
        reply.body = bytes_of_buf(body);
        reply_send(request, &reply);
    } else if (err.code == ERR_NOT_FOUND) {
        return problem_set(problem, PROBLEM_NOT_FOUND, "There is no such anchor.");
    } else {
        reply_send_error(request, &err);
    }
    return true;
}
