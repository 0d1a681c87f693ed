/*
 * Another log gets the signed head, or a statement about it, as an entry, and proves by its own head
 * that it holds it. That head must extend the one it gave before.
 */
#include "server/anchoring/anchor_target.h"

#include <inttypes.h>
#include <poll.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/reader/log_reader.h"
#include "schemas/head_export.h"
#include "schemas/receipt.h"
#include "schemas/statement.h"
#include "schemas/tlog_proof.h"

enum {
    INDEX_LEN_MAX = 32,
    LOOK_AGAIN_MS = 200,         /* whether the other log's head covers the entry */
    HEAD_AGE_MAX_MS = 86400000,  /* of one that is still told with its own time: rule G7 */
};

/* A request to the other log, and what has come of it. */
struct other_log {
    const struct anchor_attempt *attempt;
    struct fetcher *fetcher;
    struct buf statement; /* empty: the entry is the signed head itself */
    struct tlog_proof proof;
    struct checkpoint head;
    struct buf note;
};

static bool post(struct other_log *other, struct fetch_reply *out, struct fetch_request *request,
                 struct err *err)
{
    request->timeout_ms = (unsigned)other->attempt->target->options->timeout_ms;
    return fetch_call(other->fetcher, out, request, 0, err);
}

static bool add_bytes(struct other_log *other, struct err *err)
{
    struct fetch_request request = {
        .path = "add",
        .content_type = "application/octet-stream",
        .body = other->attempt->note,
        .reply_len_max = INDEX_LEN_MAX,
    };
    struct fetch_reply reply = {0};
    struct bytes line;
    bool ok = post(other, &reply, &request, err);

    line = bytes_of_buf(&reply.body);
    while (line.len > 0 && line.data[line.len - 1] == '\n')
        line.len--;
    if (ok && !text_parse_uint(&other->proof.index, line, TREE_SIZE_MAX))
        ok = err_set(err, ERR_INVALID, "the other log answered with something else than an index");
    buf_cleanup(&reply.body);
    return ok;
}

/* The head's own time, so that the same head is the same statement; but nothing too old is taken. */
static uint64_t told_at_ms(const struct anchor_attempt *attempt)
{
    uint64_t now_ms = clock_unix_ms(clock_system());

    return attempt->head_at_ms + HEAD_AGE_MAX_MS < now_ms ? now_ms : attempt->head_at_ms;
}

static bool make_statement(struct other_log *other, struct err *err)
{
    const struct anchor_attempt *attempt = other->attempt;
    const struct anchor_options *options = attempt->target->options;
    const struct head_export said = {
        .issuer = options->issuer,
        .tenant = options->tenant,
        .recipient = attempt->target->log.name,
        .at_ms = told_at_ms(attempt),
        .head = attempt->head,
        .note = attempt->note,
    };
    const struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS,
        .issuer = options->issuer,
        .audience = attempt->target->log.name,
        .issued_at_s = said.at_ms / 1000,
    };
    struct buf record = {0};
    bool ok;

    head_export_append(&record, &said);
    ok = statement_sign(&other->statement, attempt->target->issuer, &claims, bytes_of_buf(&record),
                        err);
    buf_cleanup(&record);
    return ok;
}

/* Its receipt says where the statement is; that it is there is proved below, by a head of vkey. */
static bool add_statement(struct other_log *other, struct err *err)
{
    struct fetch_request request = {
        .path = "entries",
        .content_type = "application/cose",
        .reply_len_max = RECEIPT_LEN_MAX,
    };
    struct fetch_reply reply = {0};
    struct receipt receipt;
    bool ok = make_statement(other, err);

    request.body = bytes_of_buf(&other->statement);
    ok = ok && post(other, &reply, &request, err);
    if (ok && (!receipt_decode(&receipt, bytes_of_buf(&reply.body), err) ||
               receipt.is_consistency))
        ok = err_set(err, ERR_INVALID, "the other log answered with something else than a receipt");
    if (ok)
        other->proof.index = receipt.leaf_index;
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

static bool read_covering_head(struct other_log *other, struct err *err)
{
    if (!read_head(other, err))
        return false;
    return other->proof.index < other->head.size ||
           err_set(err, ERR_BUSY,
                   "the other log's head of size %" PRIu64 " does not cover index %" PRIu64
                   " yet",
                   other->head.size, other->proof.index);
}

/* A log that shows only what its witnesses have cosigned takes a moment to show what it has. */
static bool await_head(struct other_log *other, struct err *err)
{
    const struct anchor_attempt *attempt = other->attempt;
    uint64_t end_ns =
        clock_monotonic_ns() + attempt->target->options->timeout_ms * UINT64_C(1000000);

    for (;;) {
        struct err late = {0};

        if (read_covering_head(other, &late))
            return true;
        if (late.code != ERR_BUSY || atomic_load(attempt->stop) || clock_monotonic_ns() > end_ns) {
            *err = late;
            return false;
        }
        poll(NULL, 0, LOOK_AGAIN_MS);
    }
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
    struct bytes entry =
        other->statement.len > 0 ? bytes_of_buf(&other->statement) : other->attempt->note;
    struct hash leaf;

    hash_leaf(&leaf, entry);
    return log_prove_inclusion(other->fetcher, &other->proof.proof, &other->head,
                               other->proof.index, &leaf, err);
}

static void append_proof(struct buf *out, struct other_log *other)
{
    struct buf extra = {0};

    text_append_base64(&extra, bytes_of_buf(&other->statement));
    other->proof.extra = bytes_of_buf(&extra);
    other->proof.checkpoint = bytes_of_buf(&other->note);
    tlog_proof_append(out, &other->proof);
    buf_cleanup(&extra);
}

/* The head comes last: what it is to cover has been added. */
static bool anchor_by(bool (*add)(struct other_log *other, struct err *err),
                      struct anchor_success *out, const struct anchor_attempt *attempt,
                      struct err *err)
{
    struct other_log other = {.attempt = attempt};
    bool ok = fetch_open_http(&other.fetcher, attempt->target->options->url, err);

    if (ok) {
        other.fetcher->stop = attempt->stop;
        ok = add(&other, err) && await_head(&other, err);
    }
    if (ok && !check_history(&other, err)) {
        ok = false;
        if (err->code == ERR_CORRUPT)
            buf_append_bytes(&out->diverging, bytes_of_buf(&other.note));
    }
    ok = ok && prove(&other, err);
    if (ok) {
        append_proof(&out->proof, &other);
        anchor_append_location(&out->location, attempt->target->options->url);
    }
    fetch_close(other.fetcher);
    buf_cleanup(&other.statement);
    buf_cleanup(&other.note);
    return ok;
}

bool anchor_in_log(struct anchor_success *out, const struct anchor_attempt *attempt,
                   struct err *err)
{
    return anchor_by(add_bytes, out, attempt, err);
}

bool anchor_in_evidence_log(struct anchor_success *out, const struct anchor_attempt *attempt,
                            struct err *err)
{
    return anchor_by(add_statement, out, attempt, err);
}
