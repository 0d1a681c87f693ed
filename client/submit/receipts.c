#include "client/submit/receipts.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/reader/log_reader.h"
#include "schemas/receipt.h"

enum {
    RECEIPT_TIMEOUT_MS = 30000,
    WITNESSED_WAIT_MAX_S = 10, /* before it is asked again */
};

static void free_slot(struct receipt_slot *slot)
{
    slot->item = NULL;
    slot->wants_statement = false;
    slot->retry_at_ns = 0;
    slot->backoff = (struct backoff){0};
}

static void retry_later(struct receipt_slot *slot, unsigned retry_after_s)
{
    uint32_t random = 0;

    if (!random_fill((uint8_t *)&random, sizeof(random), &slot->pipeline->failure))
        return;
    slot->retry_at_ns =
        clock_monotonic_ns() + backoff_next_ms(&slot->backoff, retry_after_s, random) * 1000000;
}

/* The log may only answer with another signature over the very same statement. */
static void take_statement(struct receipt_slot *slot, struct bytes body)
{
    struct pipeline *pipeline = slot->pipeline;
    struct problem problem = {0};
    struct statement statement;
    struct hash leaf;

    hash_leaf(&leaf, body);
    if (!hash_equal(&leaf, &slot->item->entry_id) ||
        !statement_decode(&statement, body, &problem) ||
        !hash_equal(&statement.sid, &slot->item->sid)) {
        err_set(&pipeline->failure, ERR_CORRUPT,
                "the log says it holds %s under another entry, but that is another statement",
                slot->item->name);
        return;
    }
    if (outbox_replace(pipeline->outbox, slot->item, body, &pipeline->failure))
        slot->wants_statement = false;
}

static void take_receipt(struct receipt_slot *slot, struct bytes body)
{
    struct pipeline *pipeline = slot->pipeline;
    const struct public_key *key;
    struct receipt receipt;
    struct err err = {0};

    if (!receipt_decode(&receipt, body, &err)) {
        err_set(&pipeline->failure, ERR_CORRUPT, "the log's receipt for %s: %s", slot->item->name,
                err.text);
        return;
    }
    key = key_set_find(pipeline->keys, receipt.kid);
    if (key == NULL && !pipeline->keys_are_pinned && slot->backoff.attempt < 3) {
        pipeline->keys_are_stale = true;
        retry_later(slot, 0);
        return;
    }
    if (key == NULL || receipt.is_consistency ||
        !receipt_verify_inclusion(&receipt, &slot->item->entry_id, key, NULL)) {
        err_set(&pipeline->failure, ERR_CORRUPT, "the log's receipt for %s does not verify",
                slot->item->name);
        return;
    }
    if (!outbox_accept(pipeline->outbox, slot->item, body, &pipeline->failure))
        return;
    pipeline->is_unwitnessed = false;
    pipeline->counts.accepted++;
    pipeline->outstanding--;
    outbox_item_free(slot->item);
    free_slot(slot);
}

static bool is_unwitnessed(const struct fetch_reply *reply)
{
    struct problem problem;
    struct err err = {0};

    return reply->status == 503 && problem_decode(&problem, bytes_of_buf(&reply->body), &err) &&
           problem.kind == PROBLEM_NOT_WITNESSED;
}

static void answered(void *context, struct fetch_reply *reply)
{
    struct receipt_slot *slot = context;
    struct pipeline *pipeline = slot->pipeline;

    slot->is_under_way = false;
    if (reply->status == 204 || fetch_may_pass(reply)) {
        pipeline->is_unwitnessed = is_unwitnessed(reply);
        retry_later(slot, reply->retry_after_s);
        return;
    }
    if (reply->status != 200) {
        fetch_explain(reply, slot->item->name, &pipeline->failure);
        return;
    }
    pipeline->answered_ns = clock_monotonic_ns();
    if (slot->wants_statement)
        take_statement(slot, bytes_of_buf(&reply->body));
    else
        take_receipt(slot, bytes_of_buf(&reply->body));
}

/* Short enough to hear that the quorum is not met before it is time to give up. */
static unsigned witnessed_wait_s(const struct pipeline *pipeline)
{
    unsigned wait_s = (pipeline->retry_s + 1) / 2;

    return wait_s < WITNESSED_WAIT_MAX_S ? wait_s : WITNESSED_WAIT_MAX_S;
}

/* Of the log as it is, or waiting for its witnesses, which take a moment after every commit. */
static void append_path(struct buf *out, const struct receipt_slot *slot)
{
    const struct pipeline *pipeline = slot->pipeline;

    buf_append_text(out, "entries/");
    text_append_hex(out, hash_bytes(&slot->item->entry_id));
    if (slot->wants_statement)
        buf_append_text(out, "/statement");
    else if (pipeline->wants_witnessed)
        buf_append_format(out, "?wait=witnessed&wait_s=%u", witnessed_wait_s(pipeline));
}

static bool ask(struct receipt_slot *slot, struct err *err)
{
    struct fetch_request request = {
        .accept = slot->wants_statement ? "application/scitt-statement+cose"
                                        : "application/scitt-receipt+cose",
        .reply_len_max = slot->wants_statement ? STATEMENT_LEN_MAX : RECEIPT_LEN_MAX,
        .timeout_ms = RECEIPT_TIMEOUT_MS,
        .done = answered,
        .context = slot,
    };
    struct buf path = {0};
    bool ok;

    append_path(&path, slot);
    request.path = buf_text(&path);
    slot->is_under_way = true;
    ok = fetch_start(slot->pipeline->fetcher, &request, err);
    buf_cleanup(&path);
    return ok;
}

static void fill_slot(struct pipeline *pipeline, struct receipt_slot *slot)
{
    slot->item = pipeline->admitted;
    pipeline->admitted = slot->item->next;
    if (pipeline->admitted == NULL)
        pipeline->admitted_last = &pipeline->admitted;
    slot->wants_statement = !hash_equal(&slot->item->entry_id, &slot->item->leaf_hash);
}

bool receipts_start(struct pipeline *pipeline, uint64_t now_ns, struct err *err)
{
    for (size_t i = 0; i < PIPELINE_RECEIPTS_MAX; i++) {
        struct receipt_slot *slot = &pipeline->slots[i];

        if (slot->item == NULL && pipeline->admitted != NULL)
            fill_slot(pipeline, slot);
        if (slot->item != NULL && !slot->is_under_way && slot->retry_at_ns <= now_ns &&
            !ask(slot, err))
            return false;
    }
    return true;
}

bool receipts_same_log(const struct key_set *known, const struct key_set *fresh)
{
    for (size_t i = 0; i < known->count; i++) {
        const struct hash *kid = public_key_thumbprint(known->keys[i]);

        if (key_set_find(fresh, hash_bytes(kid)) != NULL)
            return true;
    }
    return false;
}

bool receipts_refresh_keys(struct pipeline *pipeline, struct err *err)
{
    struct key_set fresh = {0};
    struct buf body = {0};
    bool ok;

    if (!pipeline->keys_are_stale)
        return true;
    ok = log_read_keys(pipeline->fetcher, &fresh, &body, FETCH_READ_RETRY_MS, err);
    if (ok && !receipts_same_log(pipeline->keys, &fresh))
        ok = err_set(err, ERR_REFUSED,
                     "the log publishes none of the receipt keys this directory began with");
    ok = ok && outbox_keep_keys(pipeline->outbox, bytes_of_buf(&body), err);
    buf_cleanup(&body);
    if (!ok) {
        key_set_cleanup(&fresh);
        return false;
    }
    key_set_cleanup(pipeline->keys);
    *pipeline->keys = fresh;
    pipeline->keys_are_stale = false;
    return true;
}
