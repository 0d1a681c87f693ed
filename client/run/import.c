#include "client/run/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "client/run/openings_file.h"
#include "client/submit/inputs.h"
#include "schemas/key.h"
#include "schemas/record.h"
#include "schemas/view.h"

static const char STANDARD_INPUT[] = "standard input";

bool import_open(struct import *import, struct err *err)
{
    if (!record_schema_load(&import->schema, NULL, 0, err))
        return false;
    return !inputs_have_stream(import->inputs, import->input_count) ||
           file_read(&import->standard_input, "/dev/stdin", RUN_DOCUMENT_LEN_MAX, err) ||
           err_wrap(err, STANDARD_INPUT);
}

void import_close(struct import *import)
{
    for (size_t i = 0; i < import->run_count; i++) {
        free(import->runs[i].file);
        free(import->runs[i].openings_path);
    }
    free(import->runs);
    buf_cleanup(&import->standard_input);
    record_schema_free(import->schema);
    *import = (struct import){0};
}

/* Files and directories in their order, then standard input. */
static bool walk(struct import *import, input_file_fn take, void *context, struct err *err)
{
    if (!inputs_walk(import->inputs, import->input_count, take, context, err))
        return false;
    return !inputs_have_stream(import->inputs, import->input_count) ||
           take(context, STANDARD_INPUT, "run", bytes_of_buf(&import->standard_input), err);
}

/* The problem in one line; the place comes first, since long lines are cut. */
static bool fail_with(struct err *err, const char *file, const struct problem *problem)
{
    err_set(err, ERR_INVALID, "%s%s%s%s", problem->detail, problem->have[0] != 0 ? " Have " : "",
            problem->have, problem->have[0] != 0 ? "." : "");
    if (problem->want[0] != 0)
        err_wrap(err, "%s, want %s", problem->path, problem->want);
    else if (problem->path[0] != 0)
        err_wrap(err, "%s", problem->path);
    return err_wrap(err, "%s", file);
}

static bool split(struct run_document *out, const struct import *import,
                  const struct split_terms *terms, const char *file, struct bytes content,
                  struct err *err)
{
    struct run_document_options options = {.issuer = terms->issuer,
                                           .tenant = terms->tenant,
                                           .now_ms = terms->made_at_ms,
                                           .seed = terms->seed,
                                           .schema = import->schema};
    struct problem problem = {0};

    return run_document_read(out, content, &options, &problem) || fail_with(err, file, &problem);
}

static bool new_terms(struct split_terms *out, const struct import *import, struct bytes content,
                      struct err *err)
{
    *out = (struct split_terms){.issuer = import->issuer,
                                .tenant = import->tenant,
                                .made_at_ms = clock_unix_ms(clock_system())};
    hash_sha256(&out->document, content);
    return random_fill(out->seed, sizeof(out->seed), err);
}

static bool check_file(void *context, const char *path, const char *stem, struct bytes content,
                       struct err *err)
{
    struct run_document document;
    struct split_terms terms;

    (void)stem;
    if (!new_terms(&terms, context, content, err) ||
        !split(&document, context, &terms, path, content, err))
        return false;
    run_document_cleanup(&document);
    return true;
}

/* ---- signing ---- */

/* The same document has the same file: a document is one run. */
static char *make_openings_path(const struct import *import, const char *stem,
                                const struct split_terms *terms)
{
    struct buf name = {0};
    char *path;

    outbox_append_stem(&name, stem);
    buf_append_text(&name, "-");
    text_append_hex(&name, bytes_of(terms->document.bytes, 8));
    path = outbox_path(&import->submitter->outbox, buf_text(&name), ".openings");
    buf_cleanup(&name);
    return path;
}

static void add_run(struct import *import, const struct imported_run *run,
                    const struct run_document *document)
{
    struct imported_run *added;
    struct buf id = {0};

    import->runs =
        mem_realloc_array(import->runs, import->run_count + 1, sizeof(*import->runs));
    added = &import->runs[import->run_count++];
    *added = *run;
    added->record_count = document->record_count;
    added->statement_count = document->payload_count;
    text_append_uuid(&id, bytes_of(document->run_id, RUN_ID_LEN));
    snprintf(added->run_id, sizeof(added->run_id), "%s", buf_text(&id));
    buf_cleanup(&id);
}

/* Every record of a payload is asked for: the answers are counted. */
static bool is_signed(struct submitter *submitter, struct bytes payload)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;
    bool all = true;

    while (record_next(&reader, &record))
        all = submitter_knows(submitter, record.encoded) && all;
    return all;
}

static bool sign_payloads(struct import *import, const struct run_document *document,
                          const char *stem, bool *out_was_known, struct err *err)
{
    struct submitter *submitter = import->submitter;
    char subject[RUN_SUBJECT_LEN + 1];

    run_document_subject(subject, document);
    *out_was_known = true;
    for (size_t i = 0; i < document->payload_count; i++) {
        struct bytes bytes = bytes_of_buf(&document->payloads[i]);
        struct record_reader reader = record_reader_of(bytes);
        struct payload payload = {
            .bytes = bytes, .record_count = reader.count, .subject = subject, .stem = stem};
        struct record first;

        if (is_signed(submitter, bytes))
            continue;
        *out_was_known = false;
        CHECK(record_next(&reader, &first));
        payload.lane = packer_lane(submitter->options.stream, first.encoded);
        if (!submitter_sign(submitter, &payload, err))
            return false;
    }
    return true;
}

/* The openings are on disk before anything is signed: what is in a log can be opened. */
static bool sign_run(struct import *import, struct imported_run *run, const char *stem,
                     struct bytes content, struct err *err)
{
    struct run_document document;
    struct split_terms terms;
    struct err missing = {0};
    bool is_new = false;
    bool ok;

    if (!new_terms(&terms, import, content, err))
        return false;
    run->openings_path = make_openings_path(import, stem, &terms);
    if (!openings_file_read(&terms, run->openings_path, &missing)) {
        is_new = missing.code == ERR_NOT_FOUND;
        if (!is_new) {
            *err = missing;
            return false;
        }
    }
    if (!split(&document, import, &terms, run->file, content, err))
        return false;
    ok = (!is_new || openings_file_create(run->openings_path, &terms, &document, err)) &&
         sign_payloads(import, &document, stem, &run->was_known, err);
    if (ok)
        add_run(import, run, &document);
    run_document_cleanup(&document);
    explicit_bzero(&terms, sizeof(terms));
    return ok;
}

static bool sign_file(void *context, const char *path, const char *stem, struct bytes content,
                      struct err *err)
{
    struct imported_run run = {.file = mem_copy_text(path)};

    if (sign_run(context, &run, stem, content, err))
        return true;
    free(run.file);
    free(run.openings_path);
    return false;
}

bool import_sign(void *context, struct submitter *submitter, struct err *err)
{
    struct import *import = context;

    import->submitter = submitter;
    return walk(import, check_file, import, err) && walk(import, sign_file, import, err);
}

/* ---- showing ---- */

struct show {
    struct import *import;
    struct buf *out;
};

static bool append_payload(struct buf *out, struct bytes payload, struct err *err)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;

    while (record_next(&reader, &record)) {
        if (!view_append_json(out, record.encoded, false, err))
            return false;
        buf_append_text(out, "\n");
    }
    return true;
}

static bool show_file(void *context, const char *path, const char *stem, struct bytes content,
                      struct err *err)
{
    struct show *show = context;
    struct run_document document;
    struct split_terms terms;
    bool ok = true;

    (void)stem;
    if (!new_terms(&terms, show->import, content, err) ||
        !split(&document, show->import, &terms, path, content, err))
        return false;
    for (size_t i = 0; ok && i < document.payload_count; i++)
        ok = append_payload(show->out, bytes_of_buf(&document.payloads[i]), err);
    run_document_cleanup(&document);
    return ok;
}

bool import_append_records(struct import *import, struct buf *out, struct err *err)
{
    struct show show = {import, out};

    return walk(import, show_file, &show, err);
}
