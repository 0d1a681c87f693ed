/*
 * Whether what a stream tells is what the log signed. Where the stream has every entry, each
 * checkpoint must be the root that the entries before it lead to: none is left out or changed.
 * Where it has only some, each checkpoint must extend the one before.
 */
#ifndef VOUCH_CLIENT_TAIL_STREAM_CHECK_H
#define VOUCH_CLIENT_TAIL_STREAM_CHECK_H

#include "client/reader/log_reader.h"
#include "client/tail/follower.h"
#include "merkle/frontier.h"

struct stream_check {
    struct fetcher *fetcher;     /* borrowed: for tiles */
    const struct policy *policy; /* borrowed: whose checkpoints */
    bool is_whole;               /* the stream has every entry */
    bool has_frontier;           /* is_whole: of the entries so far */
    struct frontier frontier;
    bool has_last;
    struct checkpoint last;
};

/* ERR_CORRUPT: it is not. ERR_BUSY: the log is away, nothing has changed, and it may come again. */
MUST_USE bool stream_check_told(struct stream_check *check, const struct told *told,
                                struct err *err);

#endif
