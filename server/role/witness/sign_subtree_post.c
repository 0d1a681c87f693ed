/*
 * POST /sign-subtree: signs a part of a tree that this witness has cosigned before. It needs no
 * memory: its own cosignature on the checkpoint is what it goes by.
 */
#include "server/role/witness/endpoints.h"

#include "base/diag.h"
#include "merkle/subtree.h"
#include "schemas/sign_subtree.h"
#include "server/role/witness/client_rate.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

/* Borrows from the body. */
struct question {
    struct sign_subtree request;
    struct note note;
    struct checkpoint checkpoint;
};

static bool read_question(struct question *out, struct bytes body, struct problem *problem)
{
    struct err err = {0};

    if (!sign_subtree_parse(&out->request, body, &err) ||
        !note_parse(&out->note, out->request.checkpoint, &err) ||
        !checkpoint_parse_text(&out->checkpoint, out->note.text, &err))
        return problem_set(problem, PROBLEM_PARAMETER, "Not signed: %s.", err.text);
    if (!subtree_is_valid(out->request.range) ||
        out->request.range.end > out->checkpoint.size)
        return problem_set(problem, PROBLEM_PARAMETER, "This is not a subtree of that tree.");
    return true;
}

static bool is_listed(struct request *request, const struct question *question)
{
    const struct log_list *list =
        (const struct log_list *)snapshot_view_refresh(&request->worker->state->logs);
    struct hash log_id;

    log_list_id(&log_id, question->checkpoint.origin);
    return log_list_find(list, &log_id) != NULL;
}

/* By any of its keys; one that is broken spoils the note. */
static bool is_cosigned(const struct service *service, const struct note *note)
{
    size_t count = 0;

    for (size_t i = 0; i < service->own_verifier_count; i++) {
        bool bad = false;

        count += note_verify(note, &service->own_verifiers[i], NULL, &bad);
        if (bad)
            return false;
    }
    return count > 0;
}

static bool check_question(struct request *request, const struct question *question,
                           struct problem *problem)
{
    const struct sign_subtree *asked = &question->request;

    if (!is_listed(request, question))
        return problem_set(problem, PROBLEM_NOT_FOUND, "No log of this origin is cosigned here.");
    if (!is_cosigned(request->service, &question->note))
        return problem_set(problem, PROBLEM_SIGNATURE, "This witness has not cosigned that.");
    if (!subtree_check(asked->range, &asked->hash, question->checkpoint.size,
                       &question->checkpoint.root, &asked->proof))
        return problem_set(problem, PROBLEM_INCONSISTENT,
                           "The proof does not show that the tree has this subtree.");
    return true;
}

bool sign_subtree_post(struct request *request, struct problem *problem)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};
    struct buf *body = request_body_buf(request);
    struct question question;
    struct err err = {0};

    if (!client_rate_check(request, problem) ||
        !read_question(&question, request->body, problem) ||
        !check_question(request, &question, problem))
        return false;
    if (!cosignature_append_subtree(body, request->service->cosigner, question.checkpoint.origin,
                                    question.request.range, &question.request.hash, &err)) {
        diag_error("cosigning-failed", "%s", err.text);
        return problem_from_err(problem, &err);
    }
    reply.body = bytes_of_buf(body);
    reply_send(request, &reply);
    return true;
}
