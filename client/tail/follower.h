/*
 * Following a log's stream (GET /v1/stream) over every interruption: what comes after the last
 * event is asked for again until the log answers. Each event's place in the stream is checked.
 */
#ifndef VOUCH_CLIENT_TAIL_FOLLOWER_H
#define VOUCH_CLIENT_TAIL_FOLLOWER_H

#include "client/fetch/event_parser.h"
#include "client/fetch/fetch.h"
#include "client/query/row.h"
#include "client/tail/outlet.h"

/* An entry or a checkpoint; borrowed until the callback returns. */
struct told {
    bool is_entry;
    struct row row;                 /* of an entry */
    uint64_t size;                  /* of a checkpoint, like the next */
    const struct field *checkpoint;
    struct bytes encoded;           /* either, whole */
};

/* ERR_BUSY: what was needed for it is away; the same event comes again. */
typedef bool (*told_take_fn)(void *context, const struct told *told, struct err *err);

struct follower_options {
    const char *url;
    uint64_t begin;       /* entries from this index on; UINT64_MAX: from now on */
    struct bytes terms;   /* "&type=approval", or nothing: every entry */
    uint64_t retry_s;     /* give up after so long without the log; 0: its first answer must come
                             within FETCH_READ_RETRY_MS, and then never */
    told_take_fn take;
    void *context;
    struct outlet *outlet;
};

/*
 * Follows until the outlet is ended or take says so by *is_over. False: the log refuses, or is
 * away too long, or says what makes no sense; err says which.
 */
MUST_USE bool follow_stream(const struct follower_options *options, const bool *is_over,
                            struct err *err);

#endif
