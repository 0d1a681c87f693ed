/* POST /entries: SCRAPI registration of one signed statement; the reply is its receipt. */
#include "server/http/endpoints.h"

#include <stdlib.h>

#include "base/text.h"
#include "server/http/receipts.h"
#include "server/http/submission.h"
#include "server/http/verdict.h"
#include "server/transport/reply.h"

enum { FLAGS_LEN_MAX = 600 };

/* As many as a header line holds; GET /v1/entries/{index} has them all. */
static void add_flags(struct reply *reply, const struct tlog_submission *submission)
{
    struct buf names = {0};
    size_t position = 0;
    size_t len = 0;

    while (names.len <= FLAGS_LEN_MAX) {
        len = names.len;
        buf_append_text(&names, len == 0 ? "" : ", ");
        if (!verdict_next_flag(submission, &position, &names))
            break;
    }
    names.len = len;
    if (len > 0)
        reply_add_header(reply, "Vouch-Flags", "%s", buf_text(&names));
    buf_cleanup(&names);
}

static bool build_reply(struct request *request, struct reply *reply, struct err *err)
{
    const struct tlog_submission *submission = &request->state->submission;
    struct hash leaf_hash;
    struct buf id = {0};

    if (!submission_leaf_hash(&leaf_hash, request->service->store, submission, err) ||
        !receipts_build_newest(request, submission->index, err))
        return false;
    text_append_hex(&id, hash_bytes(&leaf_hash));
    reply_add_header(reply, "Location", "/entries/%s", buf_text(&id));
    buf_cleanup(&id);
    add_flags(reply, submission);
    return true;
}

static void send_refusal(struct request *request)
{
    struct problem problem;
    struct err err = {0};

    if (verdict_to_problem(&problem, request->service, &request->state->submission, &err))
        reply_send_problem(request, &problem);
    else
        reply_send_error(request, &err);
}

static void send_receipt(struct request *request)
{
    struct reply reply = {.status = 201, .media = MEDIA_RECEIPT, .cache_control = CACHE_NONE};
    struct err err = {0};

    if (!build_reply(request, &reply, &err)) {
        reply_send_error(request, &err);
        return;
    }
    reply.body = bytes_of_buf(request_body_buf(request));
    reply_send(request, &reply);
}

static void awaited(struct request *request)
{
    if (awaiting_check(request))
        send_receipt(request);
}

static void statement_done(struct job *job)
{
    struct request *request = request_of_job(job);

    if (!request_check_committed(request))
        return;
    if (request->state->submission.outcome == TLOG_REFUSED)
        send_refusal(request);
    else
        awaiting_begin(request, request->state->submission.index, awaited);
}

/* The log has said that it verified the approval's token, or has had no reason to. */
static void checked_done(struct job *job)
{
    struct request *request = request_of_job(job);
    struct token_check *check = request->endpoint_state;

    request->state->submission = check->submissions[0];
    free(check);
    statement_done(job);
}

static bool submit(struct request *request, struct token_check *check, struct problem *problem)
{
    size_t len = request->state->submission.entry.len;

    if (check == NULL)
        return request_submit(request, &request->state->submission, 1, len, statement_done,
                              problem);
    token_check_join(check, &request->state->submission);
    request->endpoint_state = check;
    if (request_submit(request, check->submissions, 2, len, checked_done, problem))
        return true;
    free(check);
    return false;
}

bool statement_post(struct request *request, struct problem *problem)
{
    struct token_check *check;

    if (!media_is(request->headers.content_type, MEDIA_COSE) &&
        !media_is(request->headers.content_type, MEDIA_STATEMENT)) {
        problem_set(problem, PROBLEM_MEDIA_TYPE, "The body must be a signed statement.");
        return problem_add(problem, NULL, NULL, media_name(MEDIA_COSE));
    }
    return awaiting_parse(request, problem) &&
           submission_from_statement(&request->state->submission, &request->state->entry, request,
                                     request->body, problem) &&
           submission_check_id_token(request, &check, problem) && submit(request, check, problem);
}
