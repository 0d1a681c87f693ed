/*
 * Where anchors are read from: a directory of files TARGET-SIZE.anchor, or a log that serves its own
 * (GET /v1/anchors). Nothing that is read is believed here.
 */
#ifndef VOUCH_CLIENT_ANCHOR_SOURCE_H
#define VOUCH_CLIENT_ANCHOR_SOURCE_H

#include "client/fetch/fetch.h"
#include "schemas/anchor_file.h"

enum {
    ANCHOR_SOURCE_MAX = 1000,   /* anchors; of more, the newest */
    ANCHOR_SOURCE_PAGES = 10000, /* of a log's list */
};

struct anchor_source {
    const char *directory;   /* NULL: a log's; borrowed */
    struct fetcher *fetcher; /* of that log */
    struct anchor_file_name names[2 * ANCHOR_SOURCE_MAX]; /* once open, by rising sizes */
    size_t count;            /* once open, at most ANCHOR_SOURCE_MAX */
    uint64_t left_out;       /* older ones */
};

/* Zeroed before, closed by the caller in any case. */
MUST_USE bool anchor_source_open(struct anchor_source *out, const char *url_or_directory,
                                 struct err *err);
void anchor_source_close(struct anchor_source *source);

/* Replaces out by the text of names[number]. */
MUST_USE bool anchor_source_read(struct anchor_source *source, size_t number, struct buf *out,
                                 struct err *err);

#endif
