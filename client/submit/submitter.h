/* One submission: records in, statements signed and stored, then sent until all have receipts. */
#ifndef VOUCH_CLIENT_SUBMIT_SUBMITTER_H
#define VOUCH_CLIENT_SUBMIT_SUBMITTER_H

#include "client/progress.h"
#include "client/submit/pipeline.h"
#include "client/submit/record_source.h"

enum {
    SUBMITTER_OUTSTANDING_MAX = 4096, /* statements; more input is not read meanwhile */
    SUBMITTER_FILES_MAX = 100000,     /* of one directory */
};

struct submitter;

struct submit_options {
    const char *url;
    const char *key_path; /* NULL: nothing is signed, only what is left is sent */
    const char *issuer;
    const char *subject;                /* NULL: from the first record's run_id */
    const char *audience;               /* NULL: none */
    const char *receipts;               /* directory */
    const struct record_schema *schema; /* NULL: records are checked by the log alone */
    const char *stream;                 /* record member that names a stream */
    const char *const *key_files;       /* the log's keys; none: ask the log */
    size_t key_file_count;
    uint64_t issued_at_s; /* 0: now */
    uint64_t records_max;
    uint64_t window_ms;
    uint64_t retry_s;
    bool wants_witnessed; /* nothing is done before the log's witness quorum covers it */
    const char *const *inputs; /* files, directories, or "-" */
    size_t input_count;
    /* Signs what is to be sent; NULL: the records of the inputs. What it signed before it fails is
     * stored and sent by the next run. */
    bool (*sign)(void *context, struct submitter *submitter, struct err *err);
    void *sign_context;
};

struct submitter {
    struct submit_options options;
    struct outbox outbox;
    struct signer *signer;
    struct packer packer;
    struct fetcher *fetcher;
    struct key_set keys;
    struct pipeline pipeline;
    struct progress progress;
    struct outbox_item *signed_first; /* signed by this run, not yet with the pipeline */
    struct outbox_item **signed_last;
    bool is_sending;  /* statements go to the pipeline as they are signed */
    const char *stem; /* of the file being read */
    struct record_stream stream;
    bool input_ended;
    struct err input_err;     /* a bad record on standard input; what came before is sent */
    uint64_t record_count;    /* read from the input */
    uint64_t known_count;     /* of these, signed in an earlier run */
    uint64_t statement_count; /* signed by this run */
    uint64_t resumed_count;   /* left by earlier runs and sent by this one */
};

/* --wait: "witnessed", or NULL for nothing more than the log's own word. */
MUST_USE bool submit_options_wait(struct submit_options *options, const char *word,
                                  struct err *err);

/* Zeroed before; cleaned up in any case. Returns when everything has been answered. */
MUST_USE bool submitter_run(struct submitter *submitter, struct err *err);
void submitter_cleanup(struct submitter *submitter);

/* For options.sign: signs one payload and stores the statement. */
MUST_USE bool submitter_sign(struct submitter *submitter, const struct payload *payload,
                             struct err *err);

/* Whether an earlier run has signed this record; if the log refused it, it is sent again. */
bool submitter_knows(struct submitter *submitter, struct bytes record);

/* Statements that are neither accepted nor refused; out: refused by earlier runs, and left so. */
size_t submitter_left(const struct submitter *submitter, size_t *out_refused_before);

#endif
