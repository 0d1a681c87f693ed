/*
 * Checkpoints off the platform: each target gets the newest published head, or witnessed one, once in
 * an interval and only when the log has grown by more than what it says of anchors; the log then
 * says it has. One thread for each target: a slow or dead one delays nobody.
 */
#ifndef VOUCH_SERVER_ANCHORING_ANCHORING_H
#define VOUCH_SERVER_ANCHORING_ANCHORING_H

#include "server/anchoring/anchor_heads.h"
#include "server/anchoring/anchor_index.h"
#include "server/anchoring/anchor_target.h"
#include "server/tlog/tlog.h"

/* Told when a target has become stale, or was and has a success again. On the target's thread. */
struct anchoring_alert {
    const char *target;
    const char *kind;
    bool is_stale;
    uint64_t latest_ms; /* Unix time of its newest success; 0: none */
    const atomic_bool *stop; /* whoever is told ends soon when it becomes true */
};

struct anchoring_options {
    const char *origin; /* all borrowed */
    uint32_t checkpoint_key_id;
    enum log_kind kind; /* an opaque log says nothing: the files are all there is */
    const struct anchor_options *targets;
    size_t target_count;
    const char *directory; /* of anchor_files.h */
    /* Has the log say it, waits for the commit, and tells whether that was news. */
    bool (*say)(void *context, struct tlog_own *own, bool *out_said, struct err *err);
    /* NULL: heads are not witnessed. */
    anchor_witnessed_fn witnessed;
    /* NULL: nobody. */
    void (*alert)(void *context, const struct anchoring_alert *alert);
    void *context;
    /* After a failed attempt: doubles from first to most. */
    uint64_t retry_first_ms;
    uint64_t retry_most_ms;
};

struct anchoring;

/* Reads keys, secrets and what is remembered, starts nothing yet. head: the published one. */
MUST_USE bool anchoring_open(struct anchoring **out, const struct anchoring_options *options,
                             const struct store_head *head, struct err *err);

/* From now on `say` can be called. Accepts NULL. */
MUST_USE bool anchoring_start(struct anchoring *anchoring, struct err *err);

/* This head is published. Any thread; never blocks. Accepts NULL. */
void anchoring_advance(struct anchoring *anchoring, const struct store_head *head);

/* What there is to see of one target. */
struct anchoring_stats {
    const char *target;
    const char *kind;   /* of the configuration */
    uint64_t latest_ms; /* Unix time of the newest success; 0: none */
    uint64_t successes; /* since the start, as are failures */
    uint64_t failures;
    bool is_stale;
};

/* False when there is no target of this number, from 0. Accepts NULL. */
bool anchoring_get_stats(const struct anchoring *anchoring, size_t number,
                         struct anchoring_stats *out);

/* The anchors there are, as anchor_index_list says. */
size_t anchoring_list(struct anchoring *anchoring, uint64_t begin, size_t most,
                      struct anchor_name *out, uint64_t *out_next);

/* Appends an anchor file; ERR_NOT_FOUND when there is none. */
MUST_USE bool anchoring_read(struct anchoring *anchoring, uint64_t size, struct bytes target,
                             struct buf *out, struct err *err);

/* Ends the threads at once; what was under way is done again after the next start. Accepts NULL. */
void anchoring_stop(struct anchoring *anchoring);
/* Frees it too; accepts NULL. */
void anchoring_close(struct anchoring *anchoring);

#endif
