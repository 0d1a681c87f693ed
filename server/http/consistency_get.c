/*
 * GET /v1/proof/consistency/{old}/{new}: a map of hashes; where new is the size of a published
 * head also a consistency receipt (RFC 9942, 5.3).
 */
#include "server/http/endpoints.h"

#include <inttypes.h>

#include "schemas/proof_item.h"
#include "schemas/receipt.h"
#include "server/http/proofs.h"
#include "server/http/receipts.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/worker.h"

static bool parse(struct request *request, uint64_t *out_old, uint64_t *out_new,
                  struct problem *problem)
{
    if (!request_uint(request, 0, "old size", out_old, problem) ||
        !request_uint(request, 1, "new size", out_new, problem) ||
        !proofs_check_size(request, *out_new, problem))
        return false;
    if (*out_old <= *out_new)
        return true;
    return problem_set(problem, PROBLEM_PARAMETER,
                       "The old size %" PRIu64 " is greater than the new size %" PRIu64 ".",
                       *out_old, *out_new);
}

static void send_item(struct request *request, uint64_t old_size, uint64_t new_size,
                      const struct proof *proof)
{
    struct buf *body = request_body_buf(request);

    proof_item_append_consistency(body, old_size, new_size, proof);
    reply_send_item(request, bytes_of_buf(body), CACHE_IMMUTABLE);
}

static void send_receipt(struct request *request, const struct store_head *head, uint64_t old_size,
                         const struct proof *proof)
{
    receipt_append_consistency(request_body_buf(request),
                               bytes_of_buf(&request->service->receipt_protected),
                               head->receipt_signature, old_size, head->size, proof);
    proofs_send_built(request, MEDIA_RECEIPT, CACHE_IMMUTABLE);
}

/* Between which sizes a consistency receipt says anything. */
static bool check_receipt(uint64_t old_size, uint64_t new_size, struct problem *problem)
{
    if (old_size > 0 && old_size < new_size)
        return true;
    return problem_set(problem, PROBLEM_PARAMETER,
                       "A consistency receipt leads from a size above 0 to a larger one.");
}

bool consistency_get(struct request *request, struct problem *problem)
{
    static const enum media offered[] = {MEDIA_CBOR, MEDIA_JSON, MEDIA_RECEIPT};
    bool has_receipts = request->service->kind == LOG_EVIDENCE;
    bool wants_receipt = request_media(request, offered, has_receipts ? 3 : 2) == MEDIA_RECEIPT;
    struct store_head head;
    struct proof proof;
    struct err err = {0};
    uint64_t old_size;
    uint64_t new_size;

    if (!parse(request, &old_size, &new_size, problem))
        return false;
    if (wants_receipt && (!check_receipt(old_size, new_size, problem) ||
                          !receipts_find_head(request, &head, new_size, problem)))
        return false;
    counter_add(&request->worker->state->counters.proofs[1], 1);
    if (!tlog_read_consistency(request->service->store, &proof, old_size, new_size, &err)) {
        counter_add(&request->worker->state->counters.proof_failures[1], 1);
        reply_send_error(request, &err);
    } else if (wants_receipt) {
        send_receipt(request, &head, old_size, &proof);
    } else {
        send_item(request, old_size, new_size, &proof);
    }
    return true;
}
