/*
 * GET /v1/records/{kind}/{value}: the question, and the page that answers it. Who finds the rows is
 * the log's index, or a mirror's scan. docs/PROTOCOL.md has the members.
 */
#ifndef VOUCH_SERVER_EVIDENCE_RECORDS_PAGE_H
#define VOUCH_SERVER_EVIDENCE_RECORDS_PAGE_H

#include "server/evidence/mention_filter.h"

struct records_page {
    struct query query;
    struct mention_search search; /* its end is the size of the tree */
    uint64_t limit;               /* of rows, 1..MENTION_FOUND_MAX */
    bool with_records;
    struct bytes kind; /* borrowed */
    struct buf value;  /* decoded */
    struct buf rows;   /* maps, one after the other */
    size_t row_count;
    uint64_t next; /* search.end: this is the last page */
};

/* Takes the question from the parts of a request's target; newest is the size of the tree when it
 * names none. Zeroed before, cleaned up in any case. */
MUST_USE bool records_page_init(struct records_page *out, struct bytes kind, struct bytes value,
                                uint64_t newest, struct problem *problem);
MUST_USE bool records_page_take_query(struct records_page *page, struct bytes query,
                                      struct problem *problem);
void records_page_cleanup(struct records_page *page);

/* No further row begins in it. */
bool records_page_is_full(const struct records_page *page);

void records_page_append(struct buf *out, const struct records_page *page);

#endif
