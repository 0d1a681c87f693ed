/*
 * Asking a log which entries mention something (GET /v1/records), page after page of one tree.
 * What it answers is only checked to make sense: indexes ascend, pages end and speak of one tree.
 */
#ifndef VOUCH_CLIENT_QUERY_RECORDS_H
#define VOUCH_CLIENT_QUERY_RECORDS_H

#include "client/fetch/fetch.h"
#include "client/query/row.h"
#include "client/query/term.h"

enum { RECORDS_PAGE_ROWS_MAX = 256 };

/* The question. */
struct records_query {
    const char *kind;
    const char *value;
    const char *const *terms; /* further ones, "KIND=VALUE"; borrowed */
    size_t term_count;
    uint64_t begin; /* entries from this index on */
    uint64_t size;  /* of this tree; UINT64_MAX: of the newest */
    uint64_t limit; /* how many entries at most; UINT64_MAX: all */
};

/* A question under way, and the page that was read last. */
struct records {
    struct records_query query;
    struct fetcher *fetcher; /* borrowed */
    struct buf path;
    struct buf parameters;   /* of the path, besides begin, size and limit: "&type=approval" */
    uint64_t size;           /* of the tree, once a page has been read; UINT64_MAX before */
    uint64_t begin;          /* where the next page begins */
    uint64_t found_count;    /* rows of all pages so far */
    bool is_last;            /* the log has no more */
    struct fetch_reply reply;
    struct record_fields fields;
    struct row rows[RECORDS_PAGE_ROWS_MAX];
    size_t row_count;
};

/* Checks the question; ERR_INVALID says what is wrong with it. Cleaned up in any case. */
MUST_USE bool records_init(struct records *out, const struct records_query *query,
                           struct err *err);
void records_cleanup(struct records *records);

/* There is no more to read, or as much was read as was asked for. */
bool records_at_end(const struct records *records);

/* Reads the next page, which may be empty. ERR_CORRUPT: the answer makes no sense. */
MUST_USE bool records_read(struct records *records, struct err *err);

#endif
