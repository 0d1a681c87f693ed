#include "client/submit/submitter.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/submit/inputs.h"
#include "client/submit/receipt_keys.h"
#include "client/submit/refusal.h"
#include "schemas/record.h"

enum { STEP_MS = 100, PIECE_LEN = 65536 };

bool submit_options_wait(struct submit_options *options, const char *word, struct err *err)
{
    options->wants_witnessed = word != NULL;
    return word == NULL || strcmp(word, "witnessed") == 0 ||
           err_set(err, ERR_INVALID, "--wait %s: there is only witnessed to wait for", word);
}

bool submitter_sign(struct submitter *submitter, const struct payload *payload, struct err *err)
{
    const struct submit_options *options = &submitter->options;
    const char *own_subject = options->subject != NULL ? options->subject : payload->subject;
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS,
        .issuer = options->issuer,
        .subject = own_subject[0] != '\0' ? own_subject : NULL,
        .audience = options->audience,
        .issued_at_s =
            options->issued_at_s != 0 ? options->issued_at_s : clock_unix_ms(clock_system()) / 1000,
    };
    struct outbox_item *item = NULL;
    struct buf statement = {0};
    bool ok = statement_sign(&statement, submitter->signer, &claims, payload->bytes, err) &&
              outbox_add(&submitter->outbox, &item, bytes_of_buf(&statement), payload, err);

    buf_cleanup(&statement);
    if (!ok)
        return false;
    submitter->statement_count++;
    if (submitter->is_sending) {
        pipeline_add_take(&submitter->pipeline, item);
        return true;
    }
    *submitter->signed_last = item;
    submitter->signed_last = &item->next;
    return true;
}

/* A full payload: sign it, store it, and only then let it be sent. */
static bool sign_payload(void *context, const struct payload *payload, struct err *err)
{
    return submitter_sign(context, payload, err);
}

bool submitter_knows(struct submitter *submitter, struct bytes record)
{
    const struct seen_record *seen;
    struct hash digest;

    submitter->record_count++;
    record_digest(&digest, bytes_of_text(submitter->options.issuer), record);
    seen = seen_take(&submitter->outbox.seen, &digest);
    if (seen == NULL)
        return false;
    submitter->known_count++;
    if (seen->item != NULL)
        seen->item->is_wanted = true;
    return true;
}

/* What an earlier run has signed is not signed again. */
static bool take_record(void *context, struct bytes record, const char *where, struct err *err)
{
    struct submitter *submitter = context;

    (void)where;
    if (submitter_knows(submitter, record))
        return true;
    return packer_add(&submitter->packer, record, submitter->stem, clock_monotonic_ns(), err);
}

static bool ignore_record(void *context, struct bytes record, const char *where, struct err *err)
{
    (void)context;
    (void)record;
    (void)where;
    (void)err;
    return true;
}

static struct record_sink sink_of(struct submitter *submitter, record_take_fn take)
{
    return (struct record_sink){
        .take = take, .context = submitter, .schema = submitter->options.schema};
}

static bool check_file(void *context, const char *path, const char *stem, struct bytes content,
                       struct err *err)
{
    struct record_sink sink = sink_of(context, ignore_record);

    (void)stem;
    return record_source_file(path, content, &sink, err);
}

/* Each file begins a statement of its own. */
static bool sign_file(void *context, const char *path, const char *stem, struct bytes content,
                      struct err *err)
{
    struct submitter *submitter = context;
    struct record_sink sink = sink_of(submitter, take_record);

    submitter->stem = stem;
    return record_source_file(path, content, &sink, err) &&
           packer_flush(&submitter->packer, UINT64_MAX, err);
}

/* All files are read twice: when one is bad, nothing of any has been signed. */
static bool sign_files(struct submitter *submitter, struct err *err)
{
    const struct submit_options *options = &submitter->options;

    return inputs_walk(options->inputs, options->input_count, check_file, submitter, err) &&
           inputs_walk(options->inputs, options->input_count, sign_file, submitter, err);
}

static bool sign_inputs(struct submitter *submitter, struct err *err)
{
    const struct submit_options *options = &submitter->options;

    return options->sign != NULL ? options->sign(options->sign_context, submitter, err)
                                 : sign_files(submitter, err);
}

static bool load_keys(struct submitter *submitter, struct err *err)
{
    const struct submit_options *options = &submitter->options;
    struct key_files files = {.paths = options->key_files, .count = options->key_file_count};

    submitter->pipeline.keys_are_pinned = files.count > 0;
    return receipt_keys_load(&submitter->keys, &submitter->outbox, submitter->fetcher, &files,
                             (unsigned)options->retry_s * 1000, err);
}

/* Old statements that were refused are only tried again when the input asks for them. */
static void send_old(struct submitter *submitter, bool wanted_ones)
{
    struct outbox *outbox = &submitter->outbox;
    struct outbox_item **place = &outbox->first;

    while (*place != NULL) {
        struct outbox_item *item = *place;

        if (item->was_refused && (!wanted_ones || !item->is_wanted)) {
            place = &item->next;
            continue;
        }
        *place = item->next;
        submitter->resumed_count++;
        pipeline_add_take(&submitter->pipeline, item);
    }
    outbox->last = place;
}

static void send_signed(struct submitter *submitter)
{
    while (submitter->signed_first != NULL) {
        struct outbox_item *item = submitter->signed_first;

        submitter->signed_first = item->next;
        pipeline_add_take(&submitter->pipeline, item);
    }
    submitter->signed_last = &submitter->signed_first;
    submitter->is_sending = true;
}

static void end_input(struct submitter *submitter)
{
    submitter->input_ended = true;
    send_old(submitter, true);
}

/* Reads what standard input has; a bad record ends it. */
static bool read_input(struct submitter *submitter, struct err *err)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    struct record_sink sink = sink_of(submitter, take_record);
    uint8_t piece[PIECE_LEN];
    ssize_t got;
    bool ok;

    if (poll(&ready, 1, 0) <= 0)
        return true;
    got = read(STDIN_FILENO, piece, sizeof(piece));
    if (got < 0 && errno == EINTR)
        return true;
    if (got < 0)
        return err_set_errno(err, ERR_IO, errno, "read standard input");
    if (got > 0)
        ok = record_stream_feed(&submitter->stream, bytes_of(piece, (size_t)got), &sink,
                                &submitter->input_err);
    else
        ok = record_stream_end(&submitter->stream, &sink, &submitter->input_err);
    if (!ok || got == 0)
        end_input(submitter);
    return true;
}

static unsigned step_timeout_ms(const struct submitter *submitter)
{
    uint64_t due_ns = packer_next_due_ns(&submitter->packer);
    uint64_t now_ns = clock_monotonic_ns();

    if (due_ns <= now_ns)
        return 0;
    if (due_ns - now_ns > (uint64_t)STEP_MS * 1000000)
        return STEP_MS;
    return (unsigned)((due_ns - now_ns) / 1000000) + 1;
}

static bool step(struct submitter *submitter, struct err *err)
{
    struct pipeline *pipeline = &submitter->pipeline;
    bool wants_input = !submitter->input_ended && pipeline->outstanding < SUBMITTER_OUTSTANDING_MAX;
    uint64_t flush_ns = submitter->input_ended ? UINT64_MAX : clock_monotonic_ns();

    if (!packer_flush(&submitter->packer, flush_ns, err) ||
        !pipeline_step(pipeline, wants_input ? STDIN_FILENO : -1, step_timeout_ms(submitter), err))
        return false;
    progress_update(&submitter->progress, pipeline->counts.accepted + pipeline->counts.refused,
                    submitter->input_ended ? pipeline->counts.accepted + pipeline->counts.refused +
                                                 pipeline->outstanding
                                           : 0);
    return !wants_input || submitter->input_ended || read_input(submitter, err);
}

static bool send_all(struct submitter *submitter, struct err *err)
{
    bool ok = true;

    send_old(submitter, false);
    send_signed(submitter);
    submitter->stem = "";
    if (!inputs_have_stream(submitter->options.inputs, submitter->options.input_count))
        end_input(submitter);
    progress_begin(&submitter->progress, "statements", 0);
    while (ok && (!submitter->input_ended || submitter->pipeline.outstanding > 0 ||
                  packer_next_due_ns(&submitter->packer) != UINT64_MAX))
        ok = step(submitter, err);
    progress_end(&submitter->progress);
    return ok && outbox_sync(&submitter->outbox, true, err);
}

/* On standard error, like progress: standard output has the summary alone. */
static void tell_refused(void *context, const struct outbox_item *item,
                         const struct problem *problem)
{
    struct submitter *submitter = context;

    progress_end(&submitter->progress);
    refusal_print(item->name, problem);
}

static void set_up(struct submitter *submitter)
{
    const struct submit_options *options = &submitter->options;
    struct pipeline *pipeline = &submitter->pipeline;

    submitter->signed_last = &submitter->signed_first;
    submitter->packer.records_max = (size_t)options->records_max;
    submitter->packer.window_ns = options->window_ms * 1000000;
    submitter->packer.stream = options->stream;
    submitter->packer.emit = sign_payload;
    submitter->packer.context = submitter;
    pipeline_init(pipeline);
    pipeline->refused = tell_refused;
    pipeline->context = submitter;
    pipeline->outbox = &submitter->outbox;
    pipeline->keys = &submitter->keys;
    pipeline->retry_s = (unsigned)options->retry_s;
    pipeline->wants_witnessed = options->wants_witnessed;
}

bool submitter_run(struct submitter *submitter, struct err *err)
{
    const struct submit_options *options = &submitter->options;

    submitter->outbox.lock_fd = -1;
    submitter->outbox.directory_fd = -1;
    set_up(submitter);
    if (!outbox_open(&submitter->outbox, options->receipts, options->stream, err) ||
        (options->key_path != NULL &&
         !signer_open_file(&submitter->signer, options->key_path, err)) ||
        !sign_inputs(submitter, err) || !fetch_open(&submitter->fetcher, options->url, err) ||
        !load_keys(submitter, err))
        return false;
    submitter->pipeline.fetcher = submitter->fetcher;
    if (!send_all(submitter, err))
        return false;
    if (submitter->input_err.code == ERR_NONE)
        return true;
    *err = submitter->input_err;
    return false;
}

size_t submitter_left(const struct submitter *submitter, size_t *out_refused_before)
{
    size_t left = submitter->pipeline.outstanding;

    *out_refused_before = 0;
    for (const struct outbox_item *item = submitter->outbox.first; item != NULL; item = item->next)
        (*out_refused_before)++;
    for (const struct outbox_item *item = submitter->signed_first; item != NULL; item = item->next)
        left++;
    return left;
}

void submitter_cleanup(struct submitter *submitter)
{
    fetch_close(submitter->fetcher);
    pipeline_cleanup(&submitter->pipeline);
    while (submitter->signed_first != NULL) {
        struct outbox_item *next = submitter->signed_first->next;

        outbox_item_free(submitter->signed_first);
        submitter->signed_first = next;
    }
    packer_cleanup(&submitter->packer);
    record_stream_cleanup(&submitter->stream);
    key_set_cleanup(&submitter->keys);
    signer_close(submitter->signer);
    outbox_close(&submitter->outbox);
}
