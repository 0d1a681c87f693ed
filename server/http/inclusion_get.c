/*
 * GET /v1/proof/inclusion/{index}/{size}: a map of hashes; where size is that of a published head
 * also a C2SP tlog-proof or a receipt.
 */
#include "server/http/endpoints.h"

#include <inttypes.h>

#include "schemas/dcbor.h"
#include "schemas/receipt.h"
#include "schemas/tlog_proof.h"
#include "server/http/proofs.h"
#include "server/http/receipts.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/worker.h"

static bool parse(struct request *request, uint64_t *out_index, uint64_t *out_size,
                  struct problem *problem)
{
    if (!request_uint(request, 0, "index", out_index, problem) ||
        !request_uint(request, 1, "size", out_size, problem) ||
        !proofs_check_size(request, *out_size, problem))
        return false;
    if (*out_index < *out_size)
        return true;
    return problem_set(problem, PROBLEM_PARAMETER,
                       "Entry %" PRIu64 " is not in a tree of size %" PRIu64 ".", *out_index,
                       *out_size);
}

static void send_item(struct request *request, uint64_t index, uint64_t size,
                      const struct proof *proof)
{
    struct buf *body = request_body_buf(request);

    dcbor_put_map(body, 3);
    dcbor_put_literal(body, "size");
    dcbor_put_uint(body, size);
    dcbor_put_literal(body, "index");
    dcbor_put_uint(body, index);
    proofs_put_hashes(body, proof);
    reply_send_item(request, bytes_of_buf(body), CACHE_IMMUTABLE);
}

static void send_tlog_proof(struct request *request, const struct store_head *head, uint64_t index,
                            const struct proof *proof)
{
    struct tlog_proof text = {.index = index, .proof = *proof};
    struct buf checkpoint = {0};

    tlog_append_checkpoint(&checkpoint, request->service->origin,
                           request->service->checkpoint_key_id, head);
    text.checkpoint = bytes_of_buf(&checkpoint);
    tlog_proof_append(request_body_buf(request), &text);
    buf_cleanup(&checkpoint);
    proofs_send_built(request, MEDIA_TLOG_PROOF);
}

static void send_receipt(struct request *request, const struct store_head *head, uint64_t index,
                         const struct proof *proof)
{
    receipt_append_inclusion(request_body_buf(request),
                             bytes_of_buf(&request->service->receipt_protected),
                             head->receipt_signature, index, head->size, proof);
    proofs_send_built(request, MEDIA_RECEIPT);
}

bool inclusion_get(struct request *request, struct problem *problem)
{
    static const enum media offered[] = {MEDIA_CBOR, MEDIA_JSON, MEDIA_TLOG_PROOF, MEDIA_RECEIPT};
    bool has_receipts = request->service->kind == LOG_EVIDENCE;
    enum media media = request_media(request, offered, has_receipts ? 4 : 3);
    bool needs_head = media == MEDIA_TLOG_PROOF || media == MEDIA_RECEIPT;
    struct store_head head;
    struct proof proof;
    struct err err = {0};
    uint64_t index;
    uint64_t size;

    if (!parse(request, &index, &size, problem) ||
        (needs_head && !receipts_find_head(request, &head, size, problem)))
        return false;
    counter_add(&request->worker->state->counters.proofs[0], 1);
    if (!tlog_read_inclusion(request->service->store, &proof, index, size, &err)) {
        counter_add(&request->worker->state->counters.proof_failures[0], 1);
        reply_send_error(request, &err);
    } else if (media == MEDIA_TLOG_PROOF) {
        send_tlog_proof(request, &head, index, &proof);
    } else if (media == MEDIA_RECEIPT) {
        send_receipt(request, &head, index, &proof);
    } else {
        send_item(request, index, size, &proof);
    }
    return true;
}
