/*
 * Sends signed statements to a log and collects their receipts. Statements of one lane are sent in
 * order, one batch at a time; lanes, and the receipts of everything admitted, are under way at
 * the same time. What may pass is repeated with growing pauses: a statement has one identity, so
 * sending it again cannot log it twice.
 */
#ifndef VOUCH_CLIENT_SUBMIT_PIPELINE_H
#define VOUCH_CLIENT_SUBMIT_PIPELINE_H

#include "client/fetch/backoff.h"
#include "client/fetch/fetch.h"
#include "client/submit/outbox.h"
#include "client/submit/packer.h"
#include "schemas/key_set.h"

enum {
    PIPELINE_BATCH_STATEMENTS_MAX = 256,
    PIPELINE_BATCH_LEN_MAX = 4 << 20,
    PIPELINE_RECEIPTS_MAX = 32, /* requests for receipts under way */
};

struct pipeline;

/* An ordered queue and the batch of it that is under way. */
struct lane {
    struct pipeline *pipeline;
    struct outbox_item *first;
    struct outbox_item **last;
    struct outbox_item *batch[PIPELINE_BATCH_STATEMENTS_MAX];
    size_t batch_count; /* 0: nothing is under way */
    struct buf body;
    uint64_t retry_at_ns;
    struct backoff backoff;
};

/* A request for one receipt, or for the statement that the log holds instead of ours. */
struct receipt_slot {
    struct pipeline *pipeline;
    struct outbox_item *item; /* NULL: free */
    bool wants_statement;
    bool is_under_way;
    uint64_t retry_at_ns;
    struct backoff backoff;
};

struct pipeline_counts {
    uint64_t accepted;   /* with a verified receipt on disk */
    uint64_t duplicates; /* of these, those that were in the log before */
    uint64_t refused;
};

struct pipeline {
    struct fetcher *fetcher; /* borrowed, like the next two */
    struct outbox *outbox;
    struct key_set *keys;
    unsigned retry_s; /* give up after so long without any answer, or witnesses if wanted */
    bool wants_witnessed; /* receipts are to be of heads that met the log's witness quorum */
    struct lane lanes[PACKER_LANES];
    struct outbox_item *admitted; /* receipt still to be asked for, in this order */
    struct outbox_item **admitted_last;
    struct receipt_slot slots[PIPELINE_RECEIPTS_MAX];
    size_t outstanding;   /* statements neither accepted nor refused */
    uint64_t answered_ns; /* when the log answered last */
    bool keys_are_pinned; /* given by the user: never asked for again */
    bool keys_are_stale;  /* a receipt names a key that is not among them */
    bool is_unwitnessed;  /* the log says of receipts that the quorum is not met */
    struct pipeline_counts counts;
    struct err failure; /* met in a callback; ends the run */
    /* Called for each refused statement. */
    void (*refused)(void *context, const struct outbox_item *item, const struct problem *problem);
    void *context;
};

void pipeline_init(struct pipeline *out);

/* Takes the item; it is freed when the log has answered for good. */
void pipeline_add_take(struct pipeline *pipeline, struct outbox_item *item);

/*
 * Starts what can be started, waits until something happens, wake_fd can be read or timeout_ms
 * are over. ERR_BUSY when the log has not answered for retry_s, or with witnesses wanted has had
 * none to show; what is left stays in the outbox.
 */
MUST_USE bool pipeline_step(struct pipeline *pipeline, int wake_fd, unsigned timeout_ms,
                            struct err *err);

/* Frees what is still queued; the fetcher must be closed before. */
void pipeline_cleanup(struct pipeline *pipeline);

#endif
