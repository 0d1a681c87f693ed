/*
 * Another log that takes any bytes (POST /add): it gets the signed head as an entry and proves by
 * its own head that it holds it. That head must extend the one it gave before.
 */
#include "server/anchoring/anchor_target.h"

#include <inttypes.h>

#include "base/text.h"
#include "client/reader/log_reader.h"
#include "schemas/tlog_proof.h"

enum { INDEX_LEN_MAX = 32 };

/* A request to the other log, and what has come of it. */
struct other_log {
    const struct anchor_attempt *attempt;
    struct fetcher *fetcher;
    struct tlog_proof proof;
    struct checkpoint head;
    struct buf note;
};

static bool add_entry(struct other_log *other, struct err *err)
{
    struct fetch_request request = {
        .path = "add",
        .content_type = "application/octet-stream",
        .body = other->attempt->note,
        .reply_len_max = INDEX_LEN_MAX,
        .timeout_ms = (unsigned)other->attempt->target->options->timeout_ms,
    };
    struct fetch_reply reply = {0};
    struct bytes line;
    bool ok = fetch_call(other->fetcher, &reply, &request, 0, err);

    line = bytes_of_buf(&reply.body);
    while (line.len > 0 && line.data[line.len - 1] == '\n')
        line.len--;
    if (ok && !text_parse_uint(&other->proof.index, line, TREE_SIZE_MAX))
        ok = err_set(err, ERR_INVALID, "the other log answered with something else than an index");
    buf_cleanup(&reply.body);
    return ok;
}

static bool read_head(struct other_log *other, struct err *err)
{
    const struct fetch_request request = {
        .path = "checkpoint",
        .reply_len_max = NOTE_LEN_MAX,
        .timeout_ms = (unsigned)other->attempt->target->options->timeout_ms,
    };
    struct fetch_reply reply = {0};
    bool ok = fetch_call(other->fetcher, &reply, &request, 0, err) &&
              (checkpoint_open(&other->head, bytes_of_buf(&reply.body),
                               &other->attempt->target->log, err) ||
               err_wrap(err, "the other log's head"));

    buf_cleanup(&other->note);
    other->note = reply.body;
    return ok;
}

/* Which head the other log gave with the newest success. */
static bool latest_head(struct checkpoint *out, const struct anchor_attempt *attempt)
{
    struct tlog_proof proof;
    struct err ignored = {0};

    return attempt->latest != NULL && attempt->latest->kind == ANCHOR_OTHER_LOG &&
           tlog_proof_parse(&proof, bytes_of_buf(&attempt->latest->proof), &ignored) &&
           checkpoint_open(out, proof.checkpoint, &attempt->target->log, &ignored);
}

/* A log that forked has two pasts; the older head is in the anchor file of the newest success. */
static bool check_history(struct other_log *other, struct err *err)
{
    struct checkpoint before;
    struct proof proof;

    if (!latest_head(&before, other->attempt))
        return true;
    if (other->head.size < before.size)
        return err_set(err, ERR_CORRUPT,
                       "the other log went back: from size %" PRIu64 " to %" PRIu64, before.size,
                       other->head.size);
    return log_prove_consistency(other->fetcher, &proof, &before, &other->head, err) ||
           err_wrap(err, "the other log does not extend its head of size %" PRIu64, before.size);
}

static bool prove(struct other_log *other, struct err *err)
{
    struct hash leaf;

    if (other->proof.index >= other->head.size)
        return err_set(err, ERR_BUSY,
                       "the other log's head of size %" PRIu64 " does not cover index %" PRIu64
                       " yet",
                       other->head.size, other->proof.index);
    hash_leaf(&leaf, other->attempt->note);
    return log_prove_inclusion(other->fetcher, &other->proof.proof, &other->head,
                               other->proof.index, &leaf, err);
}

/* The head comes last: what it is to cover has been added. */
bool anchor_in_log(struct anchor_success *out, const struct anchor_attempt *attempt,
                   struct err *err)
{
    struct other_log other = {.attempt = attempt};
    bool ok = fetch_open_http(&other.fetcher, attempt->target->options->url, err);

    if (ok) {
        other.fetcher->stop = attempt->stop;
        ok = add_entry(&other, err) && read_head(&other, err);
    }
    if (ok && !check_history(&other, err)) {
        ok = false;
        if (err->code == ERR_CORRUPT)
            buf_append_bytes(&out->diverging, bytes_of_buf(&other.note));
    }
    ok = ok && prove(&other, err);
    if (ok) {
        other.proof.checkpoint = bytes_of_buf(&other.note);
        tlog_proof_append(&out->proof, &other.proof);
        anchor_append_location(&out->location, attempt->target->options->url);
    }
    fetch_close(other.fetcher);
    buf_cleanup(&other.note);
    return ok;
}
