/*
 * GET of the entries of a copy that mention something: the pages that the log answers, found by
 * reading the entries (mention_scan.h). A page of few rows, or none, still says where the next is.
 */
#include "client/reader/log_reader.h"
#include "schemas/entry_summary.h"
#include "server/evidence/records_page.h"
#include "server/role/mirror/mention_scan.h"
#include "server/transport/reply.h"

static bool append_row(struct records_page *page, struct mention_scan *scan, uint64_t index,
                       struct err *err)
{
    const struct scanned_commit *commit = mention_scan_commit(scan, index);
    struct entry_summary summary = {
        .index = index,
        .received_at_ms = commit->received_at_ms,
        .flags = bytes_of_buf(&commit->flags),
        .entry_offset = index - commit->range.begin,
        .with_records = page->with_records,
    };
    struct buf entry = {0};
    bool ok = log_read_entry(scan->copy->fetcher, &entry, &scan->copy->head.checkpoint, index, err);

    if (ok) {
        summary.entry = bytes_of_buf(&entry);
        hash_leaf(&summary.leaf_hash, summary.entry);
        ok = entry_summary_append_statement(&page->rows, &summary, err);
        page->row_count++;
    }
    buf_cleanup(&entry);
    return ok;
}

/* There is a next page for a row that was found, and for entries that were not read. */
static bool read_rows(struct records_page *page, struct mention_scan *scan, struct err *err)
{
    uint64_t index = page->search.begin;

    while (mention_scan_find(scan, &page->search, index, &index) && index < page->search.end) {
        if (page->row_count == page->limit || records_page_is_full(page)) {
            page->next = index;
            return true;
        }
        if (!append_row(page, scan, index, err))
            return false;
        index++;
    }
    page->next = scan->end < page->search.end ? scan->end : page->search.end;
    return true;
}

static bool build(struct buf *out, struct records_page *page, const struct copy_reading *copy,
                  struct err *err)
{
    struct mention_scan scan = {0};
    bool ok = true;

    page->next = page->search.end;
    if (page->search.begin < page->search.end)
        ok = mention_scan_run(&scan, copy, page->search.begin, err) && read_rows(page, &scan, err);
    mention_scan_cleanup(&scan);
    if (ok)
        records_page_append(out, page);
    return ok;
}

bool mirror_records_get(struct request *request, struct problem *problem)
{
    struct records_page page = {0};
    struct copy_reading copy = {0};
    struct err err = {0};
    bool ok = copy_reading_open(&copy, request, problem);

    if (ok && !copy_reading_is_evidence(&copy))
        ok = problem_set(problem, PROBLEM_NOT_FOUND, "This is no log of records.");
    ok = ok &&
         records_page_init(&page, request->parameters[1], request->parameters[2],
                           copy.head.checkpoint.size, problem) &&
         records_page_take_query(&page, request->query, problem);
    if (ok && build(request_body_buf(request), &page, &copy, &err))
        reply_send_item(request, bytes_of_buf(request_body_buf(request)), CACHE_NONE);
    else if (ok)
        reply_send_error(request, &err);
    records_page_cleanup(&page);
    copy_reading_close(&copy);
    return ok;
}
