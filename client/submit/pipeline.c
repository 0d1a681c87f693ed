#include "client/submit/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/submit/batch_reply.h"
#include "client/submit/receipts.h"
#include "schemas/key.h"

enum {
    /* A result is a small map, or one with a problem's texts. */
    BATCH_RESULT_LEN_MAX = 2048,
    BATCH_TIMEOUT_MS = 60000,
};

void pipeline_init(struct pipeline *out)
{
    for (unsigned i = 0; i < PACKER_LANES; i++) {
        out->lanes[i].pipeline = out;
        out->lanes[i].last = &out->lanes[i].first;
    }
    for (size_t i = 0; i < PIPELINE_RECEIPTS_MAX; i++)
        out->slots[i].pipeline = out;
    out->admitted_last = &out->admitted;
    out->answered_ns = clock_monotonic_ns();
}

void pipeline_add_take(struct pipeline *pipeline, struct outbox_item *item)
{
    struct lane *lane = &pipeline->lanes[item->lane];

    item->next = NULL;
    *lane->last = item;
    lane->last = &item->next;
    pipeline->outstanding++;
}

/* Puts the items from `begin` on back to the front of their lane, in their order. */
static void requeue(struct lane *lane, size_t begin)
{
    for (size_t i = lane->batch_count; i > begin; i--) {
        struct outbox_item *item = lane->batch[i - 1];

        item->next = lane->first;
        if (lane->first == NULL)
            lane->last = &item->next;
        lane->first = item;
    }
}

static void plan_retry(struct lane *lane, unsigned retry_after_s)
{
    struct pipeline *pipeline = lane->pipeline;
    uint32_t random = 0;

    if (!random_fill((uint8_t *)&random, sizeof(random), &pipeline->failure))
        return;
    lane->retry_at_ns =
        clock_monotonic_ns() + backoff_next_ms(&lane->backoff, retry_after_s, random) * 1000000;
}

static void refuse(struct pipeline *pipeline, struct outbox_item *item,
                   const struct problem *problem)
{
    if (!outbox_refuse(pipeline->outbox, item, problem, &pipeline->failure)) {
        outbox_item_free(item);
        return;
    }
    if (pipeline->refused != NULL)
        pipeline->refused(pipeline->context, item, problem);
    pipeline->counts.refused++;
    pipeline->outstanding--;
    outbox_item_free(item);
}

/* The log holds it. It may hold the same statement under another signature: then under that id. */
static void admit(struct pipeline *pipeline, struct outbox_item *item,
                  const struct batch_result *result)
{
    item->entry_id = result->entry_id;
    if (result->outcome == BATCH_DUPLICATE)
        pipeline->counts.duplicates++;
    item->next = NULL;
    *pipeline->admitted_last = item;
    pipeline->admitted_last = &item->next;
}

/*
 * Applies the results in order. The first that may pass stops there: it and all after it are sent
 * again, so that the order within the lane holds.
 */
static void apply_results(struct lane *lane, const struct batch_result *results)
{
    struct pipeline *pipeline = lane->pipeline;
    size_t i = 0;

    for (; i < lane->batch_count && pipeline->failure.code == ERR_NONE; i++) {
        const struct batch_result *result = &results[i];

        if (result->outcome == BATCH_LATER)
            break;
        if (result->outcome == BATCH_REFUSED)
            refuse(pipeline, lane->batch[i], &result->problem);
        else
            admit(pipeline, lane->batch[i], result);
    }
    if (i < lane->batch_count) {
        plan_retry(lane, results[i].problem.retry_after_s);
        requeue(lane, i);
    } else {
        lane->backoff = (struct backoff){0};
    }
}

static void batch_answered(void *context, struct fetch_reply *reply)
{
    struct lane *lane = context;
    struct pipeline *pipeline = lane->pipeline;
    struct batch_result *results;

    if (reply->status != 200) {
        if (fetch_may_pass(reply))
            plan_retry(lane, reply->retry_after_s);
        else
            fetch_explain(reply, "v1/batch", &pipeline->failure);
        requeue(lane, 0);
        lane->batch_count = 0;
        return;
    }
    pipeline->answered_ns = clock_monotonic_ns();
    results = mem_alloc_array(lane->batch_count, sizeof(*results));
    if (batch_reply_parse(results, lane->batch_count, bytes_of_buf(&reply->body),
                          &pipeline->failure))
        apply_results(lane, results);
    else
        requeue(lane, 0);
    lane->batch_count = 0;
    free(results);
}

static bool start_batch(struct lane *lane, struct err *err)
{
    struct pipeline *pipeline = lane->pipeline;
    struct fetch_request request = {
        .path = "v1/batch",
        .accept = "application/cbor-seq",
        .content_type = "application/cbor-seq",
        .timeout_ms = BATCH_TIMEOUT_MS,
        .done = batch_answered,
        .context = lane,
    };

    buf_clear(&lane->body);
    while (
        lane->first != NULL && lane->batch_count < PIPELINE_BATCH_STATEMENTS_MAX &&
        (lane->batch_count == 0 || lane->body.len + lane->first->len <= PIPELINE_BATCH_LEN_MAX)) {
        struct outbox_item *item = lane->first;

        if (!outbox_read(pipeline->outbox, item, &lane->body, err))
            return false;
        lane->first = item->next;
        if (lane->first == NULL)
            lane->last = &lane->first;
        lane->batch[lane->batch_count++] = item;
    }
    if (!outbox_sync(pipeline->outbox, false, err))
        return false;
    request.body = bytes_of_buf(&lane->body);
    request.reply_len_max = lane->batch_count * BATCH_RESULT_LEN_MAX;
    return fetch_start(pipeline->fetcher, &request, err);
}

static bool start_batches(struct pipeline *pipeline, uint64_t now_ns, struct err *err)
{
    for (unsigned i = 0; i < PACKER_LANES; i++) {
        struct lane *lane = &pipeline->lanes[i];

        if (lane->first != NULL && lane->batch_count == 0 && lane->retry_at_ns <= now_ns &&
            !start_batch(lane, err))
            return false;
    }
    return true;
}

/* Whether anything waits for an answer or for its time. */
static bool is_idle(const struct pipeline *pipeline)
{
    return pipeline->outstanding == 0;
}

/* Whether the log has said of every statement that it is logged or refused. */
static bool is_all_decided(const struct pipeline *pipeline)
{
    for (unsigned i = 0; i < PACKER_LANES; i++) {
        if (pipeline->lanes[i].first != NULL || pipeline->lanes[i].batch_count > 0)
            return false;
    }
    return true;
}

static bool give_up(const struct pipeline *pipeline, struct err *err)
{
    if (pipeline->is_unwitnessed && is_all_decided(pipeline))
        return err_set(err, ERR_BUSY,
                       "for %u s no head that covers the statements has met the log's witness "
                       "quorum; they are logged: run the same command again to go on",
                       pipeline->retry_s);
    return err_set(err, ERR_BUSY, "no answer for %u s; run the same command again to go on",
                   pipeline->retry_s);
}

bool pipeline_step(struct pipeline *pipeline, int wake_fd, unsigned timeout_ms, struct err *err)
{
    uint64_t now_ns = clock_monotonic_ns();

    if (is_idle(pipeline))
        pipeline->answered_ns = now_ns;
    if (!receipts_refresh_keys(pipeline, err) || !start_batches(pipeline, now_ns, err) ||
        !receipts_start(pipeline, now_ns, err) ||
        !fetch_run(pipeline->fetcher, wake_fd, timeout_ms, err))
        return false;
    if (pipeline->failure.code != ERR_NONE) {
        *err = pipeline->failure;
        return false;
    }
    if (clock_monotonic_ns() - pipeline->answered_ns > (uint64_t)pipeline->retry_s * 1000000000)
        return give_up(pipeline, err);
    return true;
}

static void free_list(struct outbox_item *item)
{
    while (item != NULL) {
        struct outbox_item *next = item->next;

        outbox_item_free(item);
        item = next;
    }
}

void pipeline_cleanup(struct pipeline *pipeline)
{
    for (unsigned i = 0; i < PACKER_LANES; i++) {
        struct lane *lane = &pipeline->lanes[i];

        free_list(lane->first);
        for (size_t k = 0; k < lane->batch_count; k++)
            outbox_item_free(lane->batch[k]);
        buf_cleanup(&lane->body);
    }
    for (size_t i = 0; i < PIPELINE_RECEIPTS_MAX; i++) {
        if (pipeline->slots[i].item != NULL)
            outbox_item_free(pipeline->slots[i].item);
    }
    free_list(pipeline->admitted);
}
