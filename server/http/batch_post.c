/*
 * POST /v1/batch: a CBOR sequence of statements. Each is admitted or refused by itself; those
 * admitted are in one commit. The reply is a sequence of maps in the same order.
 *
 * Verifying a thousand signatures takes long, so it is done in slices, between which the thread
 * serves its other connections.
 */
#include "server/http/endpoints.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "server/http/submission.h"
#include "server/http/verdict.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

enum { BATCH_STATEMENTS_MAX = 1024, SLICE_STATEMENTS = 16 };

struct batch_item {
    struct bytes message;    /* borrowed from the request's body */
    struct buf entry;        /* when it differs from message */
    struct problem *problem; /* NULL: admitted */
    size_t submission;       /* its place among the submissions, when admitted */
};

struct batch {
    struct request *request;
    struct batch_item *items;
    size_t count;
    size_t verified; /* items before this one have been looked at */
    struct tlog_submission *submissions;
    size_t submission_count;
    size_t submission_bytes;
    struct event *next_slice;
    struct buf results; /* once decided: a sequence of count maps */
};

/* What is not needed while the answer waits for witnesses. */
static void shed(struct batch *batch)
{
    for (size_t i = 0; batch->items != NULL && i < batch->count; i++) {
        buf_cleanup(&batch->items[i].entry);
        free(batch->items[i].problem);
    }
    free(batch->items);
    free(batch->submissions);
    batch->items = NULL;
    batch->submissions = NULL;
}

static void batch_free(struct batch *batch)
{
    shed(batch);
    buf_cleanup(&batch->results);
    if (batch->next_slice != NULL)
        event_free(batch->next_slice);
    free(batch);
}

/* Where each statement begins and ends; nothing else is looked at. */
static bool split(struct batch *batch, struct bytes body, struct problem *problem)
{
    struct dcbor_reader reader = dcbor_reader_of(body);
    struct err err = {0};

    while (!dcbor_at_end(&reader)) {
        if (batch->count == BATCH_STATEMENTS_MAX)
            return problem_set(problem, PROBLEM_TOO_LARGE,
                               "The sequence has more than %d statements.", BATCH_STATEMENTS_MAX);
        if (!dcbor_skip(&reader, &batch->items[batch->count].message, &err))
            return problem_set(problem, PROBLEM_CBOR,
                               "Item %zu of the sequence is not deterministic CBOR: %s.",
                               batch->count, err.text);
        batch->count++;
    }
    return batch->count > 0 || problem_set(problem, PROBLEM_CBOR, "The sequence is empty.");
}

static void verify_item(struct batch *batch, struct batch_item *item)
{
    struct tlog_submission *submission = &batch->submissions[batch->submission_count];
    struct problem problem = {0};

    if (!submission_from_statement(submission, &item->entry, batch->request, item->message,
                                   &problem)) {
        item->problem = mem_copy(&problem, sizeof(problem));
        return;
    }
    item->submission = batch->submission_count++;
    batch->submission_bytes += submission->entry.len;
}

static void put_problem(struct buf *out, const struct problem *problem)
{
    dcbor_put_map(out, 2);
    dcbor_put_literal(out, "outcome");
    dcbor_put_literal(out, "refused");
    dcbor_put_literal(out, "problem");
    problem_encode(out, problem);
}

static void put_flags(struct buf *out, const struct tlog_submission *submission, size_t count)
{
    struct buf name = {0};
    size_t position = 0;

    dcbor_put_literal(out, "flags");
    dcbor_put_array(out, count);
    while (verdict_next_flag(submission, &position, &name)) {
        dcbor_put_text(out, bytes_of_buf(&name));
        buf_clear(&name);
    }
    buf_cleanup(&name);
}

static void put_entry(struct buf *out, const struct hash *leaf_hash,
                      const struct tlog_submission *submission)
{
    size_t flag_count = verdict_flag_count(submission);
    struct buf id = {0};

    text_append_hex(&id, hash_bytes(leaf_hash));
    dcbor_put_map(out, flag_count > 0 ? 4 : 3);
    if (flag_count > 0)
        put_flags(out, submission, flag_count);
    dcbor_put_literal(out, "index");
    dcbor_put_uint(out, submission->index);
    dcbor_put_literal(out, "outcome");
    dcbor_put_literal(out, submission->outcome == TLOG_ADDED ? "added" : "duplicate");
    dcbor_put_literal(out, "entry_id");
    dcbor_put_text(out, bytes_of_buf(&id));
    buf_cleanup(&id);
}

/* What became of a statement that the writer was given. */
static bool put_decided(struct buf *out, const struct service *service,
                        const struct tlog_submission *submission, struct err *err)
{
    struct problem problem;
    struct hash leaf_hash;

    if (submission->outcome == TLOG_REFUSED) {
        if (!verdict_to_problem(&problem, service, submission, err))
            return false;
        put_problem(out, &problem);
        return true;
    }
    if (!submission_leaf_hash(&leaf_hash, service->store, submission, err))
        return false;
    put_entry(out, &leaf_hash, submission);
    return true;
}

static bool put_results(struct batch *batch, struct err *err)
{
    const struct service *service = batch->request->service;
    struct buf *out = &batch->results;

    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_item *item = &batch->items[i];

        if (item->problem != NULL)
            put_problem(out, item->problem);
        else if (!put_decided(out, service, &batch->submissions[item->submission], err))
            return false;
    }
    return true;
}

/* A sequence, or the JSON view of an array of the same items. */
static void send_results(const struct batch *batch)
{
    static const enum media offered[] = {MEDIA_CBOR_SEQUENCE, MEDIA_JSON};
    struct request *request = batch->request;
    struct buf *body = request_body_buf(request);
    struct reply reply = {.status = 200,
                          .media = request_media(request, offered, 2),
                          .cache_control = CACHE_NONE,
                          .body = bytes_of_buf(&batch->results)};

    if (reply.media != MEDIA_JSON) {
        reply_send(request, &reply);
        return;
    }
    dcbor_put_array(body, batch->count);
    buf_append_bytes(body, reply.body);
    reply_send_item(request, bytes_of_buf(body), CACHE_NONE);
}

static void awaited(struct request *request)
{
    struct batch *batch = request->endpoint_state;

    if (awaiting_check(request))
        send_results(batch);
    batch_free(batch);
}

/* The last entry that a statement of the batch led to; false: none was admitted. */
static bool last_index(const struct batch *batch, uint64_t *out)
{
    bool is_any = false;

    *out = 0;
    for (size_t i = 0; i < batch->submission_count; i++) {
        const struct tlog_submission *submission = &batch->submissions[i];

        if (submission->outcome == TLOG_REFUSED)
            continue;
        is_any = true;
        if (submission->index > *out)
            *out = submission->index;
    }
    return is_any;
}

/* Everything is decided. What was refused needs no witness. */
static void finish(struct batch *batch)
{
    struct request *request = batch->request;
    struct err err = {0};
    uint64_t index;

    if (!put_results(batch, &err)) {
        reply_send_error(request, &err);
        batch_free(batch);
        return;
    }
    if (!last_index(batch, &index))
        request->state->awaiting.is_wanted = false;
    shed(batch);
    request->state->awaiting.kept_len = batch->results.capacity;
    awaiting_begin(request, index, awaited);
}

static void batch_done(struct job *job)
{
    struct request *request = request_of_job(job);
    struct batch *batch = request->endpoint_state;

    if (request_check_committed(request))
        finish(batch);
    else
        batch_free(batch);
}

static void submit(struct batch *batch)
{
    struct request *request = batch->request;
    struct problem problem = {0};

    if (batch->submission_count == 0) {
        finish(batch); /* nothing to commit */
        return;
    }
    if (request_submit(request, batch->submissions, batch->submission_count,
                       batch->submission_bytes, batch_done, &problem))
        return;
    reply_send_problem(request, &problem);
    batch_free(batch);
}

static void verify_slice(evutil_socket_t fd, short what, void *argument)
{
    /* A timer, not an active event: those would run before the loop looks at the sockets. */
    static const struct timeval at_once = {0};
    struct batch *batch = argument;

    (void)fd;
    (void)what;
    for (unsigned i = 0; i < SLICE_STATEMENTS && batch->verified < batch->count; i++)
        verify_item(batch, &batch->items[batch->verified++]);
    if (batch->verified < batch->count) {
        event_add(batch->next_slice, &at_once);
        return;
    }
    buf_clear(request_body_buf(batch->request));
    submit(batch);
}

bool batch_post(struct request *request, struct problem *problem)
{
    struct batch *batch;

    if (!media_is(request->headers.content_type, MEDIA_CBOR_SEQUENCE)) {
        problem_set(problem, PROBLEM_MEDIA_TYPE, "The body must be a sequence of statements.");
        return problem_add(problem, NULL, NULL, media_name(MEDIA_CBOR_SEQUENCE));
    }
    if (request->headers.id_token_count > 0)
        return problem_set(problem, PROBLEM_PARAMETER,
                           "An ID token goes with one statement, to POST /entries.");
    if (!awaiting_parse(request, problem))
        return false;
    batch = mem_alloc(sizeof(*batch));
    batch->request = request;
    batch->items = mem_alloc_array(BATCH_STATEMENTS_MAX, sizeof(*batch->items));
    if (!split(batch, request->body, problem)) {
        batch_free(batch);
        return false;
    }
    batch->submissions = mem_alloc_array(batch->count, sizeof(*batch->submissions));
    batch->next_slice = event_new(request->worker->base, -1, 0, verify_slice, batch);
    if (batch->next_slice == NULL)
        abort(); /* out of memory, as in base/bytes.c */
    request->endpoint_state = batch;
    verify_slice(-1, 0, batch);
    return true;
}
