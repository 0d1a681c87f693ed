/*
 * The receipts directory of a submitter: every signed statement is a file in it before it is sent,
 * so that a run that was killed and is repeated sends the same bytes; every receipt is a file
 * beside its statement. Names: 00000017-run-start.cose, .receipt, and .refused with the problem.
 */
#ifndef VOUCH_CLIENT_SUBMIT_OUTBOX_H
#define VOUCH_CLIENT_SUBMIT_OUTBOX_H

#include "client/submit/packer.h"
#include "client/submit/seen.h"
#include "schemas/problem.h"
#include "schemas/statement.h"

/* A statement that is not accepted yet. */
struct outbox_item {
    char *name; /* without ending */
    unsigned lane;
    size_t record_count;
    size_t len; /* of the statement */
    struct hash sid;
    struct hash leaf_hash;    /* of the statement on disk */
    struct hash entry_id;     /* leaf hash of what the log holds, once it has said so */
    bool was_refused;         /* in an earlier run */
    bool is_wanted;           /* refused, and the input of this run holds one of its records */
    struct outbox_item *next; /* in its lane, or among those whose receipt is missing */
};

struct outbox {
    char *directory;
    int directory_fd;
    int lock_fd;
    bool has_new_names; /* that a power cut could still undo */
    bool has_new_files; /* whose content a power cut could still undo: receipts, refusals */
    const char *stream; /* as for the packer, to find the lanes of old statements */
    uint64_t next_number;
    struct seen seen;
    struct outbox_item *first; /* not accepted in earlier runs, in the order they were signed */
    struct outbox_item **last;
    size_t accepted_count; /* statements with a receipt from earlier runs */
};

/*
 * Creates the directory if there is none, locks it and reads what earlier runs have left.
 * ERR_BUSY when another process holds it.
 */
MUST_USE bool outbox_open(struct outbox *out, const char *directory, const char *stream,
                          struct err *err);
void outbox_close(struct outbox *outbox);

/*
 * Stores the signed statement over payload: after a power cut it is there as a whole or not at all.
 * Only after outbox_sync it is there for certain, and may be sent.
 */
MUST_USE bool outbox_add(struct outbox *outbox, struct outbox_item **out, struct bytes statement,
                         const struct payload *payload, struct err *err);

/* Makes every statement so far survive a power cut; with_receipts: everything. */
MUST_USE bool outbox_sync(struct outbox *outbox, bool with_receipts, struct err *err);

/* Appends the statement's bytes. */
MUST_USE bool outbox_read(const struct outbox *outbox, const struct outbox_item *item,
                          struct buf *out, struct err *err);

/* Replaces the statement by the one with the same identity that the log holds already. */
MUST_USE bool outbox_replace(struct outbox *outbox, const struct outbox_item *item,
                             struct bytes statement, struct err *err);

/*
 * Keeps a verified receipt. A power cut may undo it until outbox_sync: then the statement is sent
 * again, and the log answers with a receipt again.
 */
MUST_USE bool outbox_accept(struct outbox *outbox, const struct outbox_item *item,
                            struct bytes receipt, struct err *err);

/* Keeps the log's reason as JSON. */
MUST_USE bool outbox_refuse(struct outbox *outbox, const struct outbox_item *item,
                            const struct problem *problem, struct err *err);

/* Keeps the log's key set for offline verification. */
MUST_USE bool outbox_keep_keys(const struct outbox *outbox, struct bytes key_set, struct err *err);

/* Path of a further file in the directory; freed by the caller. */
char *outbox_path(const struct outbox *outbox, const char *name, const char *ending);

/* Appends what of a name is safe in the name of a file. */
void outbox_append_stem(struct buf *out, const char *name);

void outbox_item_free(struct outbox_item *item);

#endif
