/*
 * Whether a row tells the truth of an entry: the entry is in the tree under a head that its reader
 * trusts, and it is by that issuer, with records of those types.
 */
#ifndef VOUCH_CLIENT_QUERY_ROW_CHECK_H
#define VOUCH_CLIENT_QUERY_ROW_CHECK_H

#include "client/decision/log_view.h"
#include "client/fetch/tile_reader.h"
#include "client/query/row.h"

/* A zeroed struct is closed. */
struct row_checker {
    struct log_view view;
    struct tile_reader tiles;
    bool is_open;
    uint64_t checked_count;
};

/* Opens the log under the head that --vkey or --policy trusts, as log_view_open does. */
MUST_USE bool row_checker_open(struct row_checker *out, const struct args *args, struct err *err);
void row_checker_close(struct row_checker *checker);

/*
 * Fetches the entry by its id, or from its bundle where nothing is at its id, proves that it is at
 * the row's index, and compares what it holds.
 * When it was received, which flags it got and what else it mentions stays the log's word.
 * ERR_CORRUPT: the row is wrong.
 */
MUST_USE bool row_checker_check(struct row_checker *checker, const struct row *row,
                                struct err *err);

#endif
