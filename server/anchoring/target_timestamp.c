/* A time-stamp authority (RFC 3161): the imprint is the SHA-256 of the signed head. */
#include "server/anchoring/anchor_target.h"

#include <inttypes.h>

#include "base/clock.h"
#include "client/fetch/outside_call.h"
#include "schemas/timestamp.h"

enum { CLOCKS_APART_MAX_S = 300 };

static uint64_t now_s(void)
{
    return clock_unix_ms(clock_system()) / 1000;
}

static bool ask(struct buf *out_reply, const struct anchor_attempt *attempt,
                const struct timestamp_query *query, struct err *err)
{
    struct buf question = {0};
    bool ok = timestamp_query_append(&question, query, err) &&
              outside_call_run(out_reply,
                               &(struct outside_call){
                                   .method = "POST",
                                   .url = attempt->target->options->url,
                                   .headers = {"Content-Type: " TIMESTAMP_QUERY_TYPE,
                                               "Accept: " TIMESTAMP_REPLY_TYPE},
                                   .body = bytes_of_buf(&question),
                                   .reply_len_max = TIMESTAMP_LEN_MAX,
                                   .timeout_ms = (uint32_t)attempt->target->options->timeout_ms,
                                   .stop = attempt->stop,
                               },
                               err);

    buf_cleanup(&question);
    return ok;
}

/* The nonce shows that the stamp was made after it was asked for; the clocks must agree to that. */
static bool check_time(const struct timestamp *stamp, uint64_t asked_s, uint64_t answered_s,
                       struct err *err)
{
    if (stamp->at_s + CLOCKS_APART_MAX_S >= asked_s &&
        stamp->at_s <= answered_s + CLOCKS_APART_MAX_S)
        return true;
    return err_set(err, ERR_INVALID,
                   "the authority's clock and this one are more than %d s apart: %" PRIu64
                   " and %" PRIu64,
                   CLOCKS_APART_MAX_S, stamp->at_s, answered_s);
}

bool anchor_by_timestamp(struct anchor_success *out, const struct anchor_attempt *attempt,
                         struct err *err)
{
    const struct anchor_target *target = attempt->target;
    struct timestamp_query query = {.has_nonce = true};
    struct timestamp stamp;
    struct buf reply = {0};
    uint64_t asked_s = now_s();
    bool ok;

    hash_sha256(&query.imprint, attempt->note);
    ok = random_fill(query.nonce, sizeof(query.nonce), err) &&
         ask(&reply, attempt, &query, err) &&
         timestamp_reply_token(&out->proof, bytes_of_buf(&reply), err) &&
         timestamp_verify(&stamp, bytes_of_buf(&out->proof), &query, bytes_of_buf(&target->ca),
                          err) &&
         check_time(&stamp, asked_s, now_s(), err);
    if (ok)
        anchor_append_location(&out->location, target->options->url);
    buf_cleanup(&reply);
    return ok;
}
