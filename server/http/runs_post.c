/*
 * POST /v1/runs: a whole run as one JSON document (docs/RUN-DOCUMENT.md). It is split here, signed
 * with the log's intake key, and admitted as a whole or not at all. The keys of what it commits to
 * go back with the reply and are kept nowhere.
 */
#include "server/http/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "schemas/log_metadata.h"
#include "schemas/record_maker.h"
#include "schemas/run/run_document.h"
#include "schemas/statement.h"
#include "server/http/receipts.h"
#include "server/http/submission.h"
#include "server/http/verdict.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

enum { PLACE_LEN = 64 }; /* about: a pointer and a short text */

/* A document on its way through the writer. */
struct intake {
    struct run_document document;
    struct buf *entries; /* a signed statement for each payload */
    struct tlog_submission *submissions;
    size_t bytes; /* of all entries */
};

static void wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    buf_clear(buf);
}

/* What is not needed while the answer waits for witnesses. */
static void shed(struct intake *intake)
{
    for (size_t i = 0; intake->entries != NULL && i < intake->document.payload_count; i++)
        buf_cleanup(&intake->entries[i]);
    for (size_t i = 0; i < intake->document.payload_count; i++)
        buf_cleanup(&intake->document.payloads[i]);
    free(intake->entries);
    intake->entries = NULL;
}

static void intake_free(struct intake *intake)
{
    shed(intake);
    free(intake->submissions);
    run_document_cleanup(&intake->document);
    free(intake);
}

/* ---- in ---- */

static bool check_request(const struct request *request, struct problem *problem)
{
    if (!request->service->takes_run_documents)
        return problem_set(problem, PROBLEM_NOT_FOUND,
                           "This log takes no run documents: its operator has not turned that on.");
    if (!media_is(request->headers.content_type, MEDIA_JSON)) {
        problem_set(problem, PROBLEM_MEDIA_TYPE, "The body must be a run document.");
        return problem_add(problem, NULL, NULL, media_name(MEDIA_JSON));
    }
    return request->headers.id_token_count == 0 ||
           problem_set(problem, PROBLEM_PARAMETER,
                       "An ID token goes with one statement, to POST /entries.");
}

static bool split(struct intake *intake, const struct request *request, struct problem *problem)
{
    struct run_document_options options = {
        .issuer = INTAKE_ISSUER,
        .now_ms = clock_unix_ms(clock_system()),
        .schema = request->service->record_schema,
    };

    return run_document_read(&intake->document, request->body, &options, problem);
}

/* Our own signature is not verified again. */
static void make_submission(struct tlog_submission *out, const struct buf *entry)
{
    struct problem problem = {0};
    struct statement statement;

    CHECK(statement_decode(&statement, bytes_of_buf(entry), &problem));
    *out = (struct tlog_submission){
        .entry = bytes_of_buf(entry),
        .identity = statement.sid,
        .issuer = statement.issuer,
        .kid = statement.kid,
        .payload = statement.cose.payload,
    };
    hash_leaf(&out->leaf_hash, out->entry);
}

static bool sign(struct intake *intake, const struct service *service, struct err *err)
{
    char subject[RUN_SUBJECT_LEN + 1];
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS,
        .issuer = INTAKE_ISSUER,
        .subject = subject,
        .issued_at_s = clock_unix_ms(clock_system()) / 1000,
    };
    size_t count = intake->document.payload_count;

    run_document_subject(subject, &intake->document);
    intake->entries = mem_alloc_array(count, sizeof(*intake->entries));
    intake->submissions = mem_alloc_array(count, sizeof(*intake->submissions));
    for (size_t i = 0; i < count; i++) {
        if (!statement_sign(&intake->entries[i], service->intake_signer, &claims,
                            bytes_of_buf(&intake->document.payloads[i]), err))
            return err_wrap(err, "sign with the intake key");
        make_submission(&intake->submissions[i], &intake->entries[i]);
        intake->submissions[i].with_next = i + 1 < count;
        intake->bytes += intake->entries[i].len;
    }
    return true;
}

/* ---- out ---- */

static void put_flags(struct record_maker *maker, const struct tlog_submission *submission)
{
    size_t count = verdict_flag_count(submission);
    struct buf encoded = {0};
    struct buf name = {0};
    size_t position = 0;

    dcbor_put_array(&encoded, count);
    while (verdict_next_flag(submission, &position, &name)) {
        dcbor_put_text(&encoded, bytes_of_buf(&name));
        buf_clear(&name);
    }
    if (count > 0)
        record_maker_put_encoded(maker, "flags", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
    buf_cleanup(&name);
}

/* {index, entry_id, receipt, ? flags} */
static bool put_entry(struct buf *out, struct request *request,
                      const struct tlog_submission *submission, struct err *err)
{
    struct buf *receipt = request_body_buf(request);
    struct record_maker maker = {0};
    struct buf id = {0};

    buf_clear(receipt);
    if (!receipts_build_newest(request, submission->index, err))
        return false;
    text_append_hex(&id, hash_bytes(&submission->leaf_hash));
    record_maker_put_uint(&maker, "index", submission->index);
    record_maker_put_text(&maker, "entry_id", bytes_of_buf(&id));
    record_maker_put_bytes(&maker, "receipt", bytes_of_buf(receipt));
    put_flags(&maker, submission);
    record_maker_finish(&maker, out);
    buf_cleanup(&id);
    return true;
}

static bool build_body(struct buf *out, struct request *request, const struct intake *intake,
                       struct err *err)
{
    const struct run_document *document = &intake->document;
    struct record_maker maker = {0};
    struct buf entries = {0};
    struct buf openings = {0};
    bool ok = true;

    dcbor_put_array(&entries, document->payload_count);
    for (size_t i = 0; ok && i < document->payload_count; i++)
        ok = put_entry(&entries, request, &intake->submissions[i], err);
    if (ok) {
        openings_append(&openings, &document->openings);
        record_maker_put_bytes(&maker, "run_id", bytes_of(document->run_id, RUN_ID_LEN));
        record_maker_put_uint(&maker, "record_count", document->record_count);
        record_maker_put_encoded(&maker, "entries", bytes_of_buf(&entries));
        record_maker_put_encoded(&maker, "openings", bytes_of_buf(&openings));
        record_maker_finish(&maker, out);
    }
    wipe(&openings);
    buf_cleanup(&openings);
    buf_cleanup(&entries);
    return ok;
}

/* A statement that the submitter has never seen is not refused in writing: the document is. */
static void send_refusal(struct request *request, const struct intake *intake)
{
    const struct tlog_refusal *refusal = &intake->submissions[0].refusal;
    struct problem problem;

    verdict_describe(&problem, refusal);
    if (problem.path[0] != 0)
        run_document_blame(&intake->document, refusal->group_member, refusal->record_number,
                           &problem);
    reply_send_problem(request, &problem);
}

/*
 * 202 when witnesses were wanted and not there in time: a problem instead would lose the keys, and
 * the same document again would be another run. The scratch buffers live on after the reply: no key
 * stays in them.
 */
static void send_body(struct request *request, const struct intake *intake)
{
    struct worker *worker = request->worker;
    int status = awaiting_is_met(request) ? 200 : 202;
    struct buf body = {0};
    struct err err = {0};

    if (build_body(&body, request, intake, &err))
        reply_send_item_as(request, status, bytes_of_buf(&body), CACHE_NONE);
    else
        reply_send_error(request, &err);
    wipe(&worker->json);
    wipe(&body);
    buf_cleanup(&body);
}

static uint64_t last_index(const struct intake *intake)
{
    uint64_t last = 0;

    for (size_t i = 0; i < intake->document.payload_count; i++) {
        if (intake->submissions[i].index > last)
            last = intake->submissions[i].index;
    }
    return last;
}

/* What is left of it when it has been shed. */
static size_t kept_len(const struct intake *intake)
{
    const struct run_document *document = &intake->document;

    return document->openings.capacity * sizeof(*document->openings.items) +
           document->payload_count * sizeof(*intake->submissions) +
           document->record_count * PLACE_LEN;
}

static void awaited(struct request *request)
{
    struct intake *intake = request->endpoint_state;

    send_body(request, intake);
    intake_free(intake);
}

static void runs_done(struct job *job)
{
    struct request *request = request_of_job(job);
    struct intake *intake = request->endpoint_state;

    if (request_check_committed(request)) {
        if (intake->submissions[0].outcome != TLOG_REFUSED) {
            shed(intake);
            request->state->awaiting.kept_len = kept_len(intake);
            awaiting_begin(request, last_index(intake), awaited);
            return;
        }
        send_refusal(request, intake);
    }
    intake_free(intake);
}

static bool start(struct intake *intake, struct request *request, struct problem *problem)
{
    struct err err = {0};

    if (!split(intake, request, problem)) {
        submission_count_refused(request, NULL, problem->kind);
        return false;
    }
    request->endpoint_state = intake;
    return (sign(intake, request->service, &err) || problem_from_err(problem, &err)) &&
           request_submit(request, intake->submissions, intake->document.payload_count,
                          intake->bytes, runs_done, problem);
}

bool runs_post(struct request *request, struct problem *problem)
{
    struct intake *intake;

    if (!check_request(request, problem) || !awaiting_parse(request, problem))
        return false;
    intake = mem_alloc(sizeof(*intake));
    if (start(intake, request, problem))
        return true;
    intake_free(intake);
    return false;
}
