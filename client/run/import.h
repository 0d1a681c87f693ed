/* Run documents (docs/RUN-DOCUMENT.md) as an issuer signs and submits them. */
#ifndef VOUCH_CLIENT_RUN_IMPORT_H
#define VOUCH_CLIENT_RUN_IMPORT_H

#include "client/submit/submitter.h"
#include "schemas/run/run_document.h"

/* What became of one document. */
struct imported_run {
    char *file;
    char *openings_path;
    char run_id[37]; /* UUID */
    size_t record_count;
    size_t statement_count;
    bool was_known; /* an earlier import had signed all of it */
};

struct import {
    const char *issuer; /* borrowed, like all before runs */
    const char *tenant; /* where documents name none; NULL: each must */
    const char *const *inputs; /* files, directories, or "-", standard input */
    size_t input_count;
    struct record_schema *schema; /* owned */
    struct buf standard_input;
    struct submitter *submitter; /* while documents are signed */
    struct imported_run *runs;   /* owned */
    size_t run_count;
};

/* Loads the schema and reads standard input, if it is an input. out was zeroed and filled in. */
MUST_USE bool import_open(struct import *import, struct err *err);
void import_close(struct import *import);

/*
 * For submit_options.sign, with the import as context: splits, signs and stores every document.
 * When one of them cannot be split, nothing of any is signed.
 */
MUST_USE bool import_sign(void *context, struct submitter *submitter, struct err *err);

/* Appends the records that would be signed, one in a line, as JSON. */
MUST_USE bool import_append_records(struct import *import, struct buf *out, struct err *err);

#endif
