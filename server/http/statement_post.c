/* POST /entries: SCRAPI registration of one signed statement; the reply is its receipt. */
#include "server/http/endpoints.h"

#include "base/text.h"
#include "server/http/receipts.h"
#include "server/http/reply.h"
#include "server/http/submission.h"

static bool build_reply(struct request *request, struct reply *reply, struct err *err)
{
    const struct tlog_submission *submission = &request->submission;
    struct hash leaf_hash;
    struct buf id = {0};

    if (!submission_leaf_hash(&leaf_hash, request->service->store, submission, err) ||
        !receipts_build_newest(request, submission->index, err))
        return false;
    text_append_hex(&id, hash_bytes(&leaf_hash));
    reply_add_header(reply, "Location", "/entries/%s", buf_text(&id));
    buf_cleanup(&id);
    return true;
}

static void statement_done(struct job *job)
{
    struct request *request = request_of_job(job);
    struct reply reply = {.status = 201, .media = MEDIA_RECEIPT, .cache_control = CACHE_NONE};
    struct err err = {0};

    if (!reply_check_committed(request))
        return;
    if (!build_reply(request, &reply, &err)) {
        reply_send_error(request, &err);
        return;
    }
    reply.body = bytes_of_buf(request_body_buf(request));
    reply_send(request, &reply);
}

bool statement_post(struct request *request, struct problem *problem)
{
    if (!media_is(request->headers.content_type, MEDIA_COSE) &&
        !media_is(request->headers.content_type, MEDIA_STATEMENT)) {
        problem_set(problem, PROBLEM_MEDIA_TYPE, "The body must be a signed statement.");
        return problem_add(problem, NULL, NULL, media_name(MEDIA_COSE));
    }
    return submission_from_statement(&request->submission, &request->entry, request, request->body,
                                     problem) &&
           submission_check_id_token(request, problem) &&
           request_submit(request, &request->submission, 1, request->submission.entry.len,
                          statement_done, problem);
}
