/*
 * GET /v1/proof/inclusion/{index}/{size}: a map of hashes; where size is that of a published head
 * also a C2SP tlog-proof or a receipt. The size "witnessed" is that of the newest head with the
 * witness quorum, whose tlog-proof has the cosignatures.
 */
#include "server/http/endpoints.h"

#include <inttypes.h>

#include "schemas/proof_item.h"
#include "schemas/receipt.h"
#include "schemas/tlog_proof.h"
#include "server/http/head_view.h"
#include "server/http/proofs.h"
#include "server/http/receipts.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/worker.h"
#include "server/witnessing/witnessed.h"

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

/* What is proved to whom. */
struct inclusion {
    uint64_t index;
    struct store_head head;  /* only its size is needed for a map */
    struct bytes checkpoint; /* signed, of that head; empty: as the log signed it */
    const char *cache_control;
};

static void send_item(struct request *request, const struct inclusion *inclusion,
                      const struct proof *proof)
{
    struct buf *body = request_body_buf(request);

    proof_item_append_inclusion(body, inclusion->index, inclusion->head.size, proof);
    reply_send_item(request, bytes_of_buf(body), inclusion->cache_control);
}

static void send_tlog_proof(struct request *request, const struct inclusion *inclusion,
                            const struct proof *proof)
{
    struct tlog_proof text = {
        .index = inclusion->index, .proof = *proof, .checkpoint = inclusion->checkpoint};
    struct buf checkpoint = {0};

    if (text.checkpoint.len == 0) {
        tlog_append_checkpoint(&checkpoint, request->service->origin,
                               request->service->checkpoint_key_id, &inclusion->head);
        text.checkpoint = bytes_of_buf(&checkpoint);
    }
    tlog_proof_append(request_body_buf(request), &text);
    buf_cleanup(&checkpoint);
    proofs_send_built(request, MEDIA_TLOG_PROOF, inclusion->cache_control);
}

static void send_receipt(struct request *request, const struct inclusion *inclusion,
                         const struct proof *proof)
{
    receipt_append_inclusion(request_body_buf(request),
                             bytes_of_buf(&request->service->receipt_protected),
                             inclusion->head.receipt_signature, inclusion->index,
                             inclusion->head.size, proof);
    proofs_send_built(request, MEDIA_RECEIPT, inclusion->cache_control);
}

static enum media media_of(const struct request *request)
{
    static const enum media offered[] = {MEDIA_CBOR, MEDIA_JSON, MEDIA_TLOG_PROOF, MEDIA_RECEIPT};
    bool has_receipts = request->service->kind == LOG_EVIDENCE;

    return request_media(request, offered, has_receipts ? 4 : 3);
}

static void send_proof(struct request *request, const struct inclusion *inclusion)
{
    enum media media = media_of(request);
    struct proof proof;
    struct err err = {0};

    counter_add(&request->worker->state->counters.proofs[0], 1);
    if (!tlog_read_inclusion(request->service->store, &proof, inclusion->index,
                             inclusion->head.size, &err)) {
        counter_add(&request->worker->state->counters.proof_failures[0], 1);
        reply_send_error(request, &err);
    } else if (media == MEDIA_TLOG_PROOF) {
        send_tlog_proof(request, inclusion, &proof);
    } else if (media == MEDIA_RECEIPT) {
        send_receipt(request, inclusion, &proof);
    } else {
        send_item(request, inclusion, &proof);
    }
}

static void send_witnessed(struct request *request)
{
    const struct awaiting *awaiting = &request->state->awaiting;
    struct inclusion inclusion = {.index = awaiting->index, .cache_control = CACHE_NONE};

    if (!awaiting_check(request))
        return;
    inclusion.head = awaiting->witnessed->head;
    inclusion.checkpoint = bytes_of_buf(&awaiting->witnessed->checkpoint);
    send_proof(request, &inclusion);
}

/* The newest witnessed head, as soon as it covers the entry. */
static bool witnessed_get(struct request *request, struct problem *problem)
{
    uint64_t index;

    if (!request_witnessed(request)->needs_quorum)
        return problem_set(problem, PROBLEM_PARAMETER, "This log has no witness quorum.");
    if (!request_uint(request, 0, "index", &index, problem))
        return false;
    if (index >= request_head(request)->head.size)
        return problem_set(problem, PROBLEM_NOT_FOUND, "There is no entry %" PRIu64 " yet.", index);
    request->state->awaiting.is_wanted = true; /* and be there at once, without wait= */
    awaiting_begin(request, index, send_witnessed);
    return true;
}

bool inclusion_get(struct request *request, struct problem *problem)
{
    struct inclusion inclusion = {.cache_control = CACHE_IMMUTABLE};
    enum media media = media_of(request);

    if (!awaiting_parse(request, problem))
        return false;
    if (bytes_equal_text(request->parameters[1], "witnessed"))
        return witnessed_get(request, problem);
    if (request->state->awaiting.is_wanted)
        return problem_set(problem, PROBLEM_PARAMETER,
                           "A proof up to a given size waits for nobody: ask for \"witnessed\".");
    if (!parse(request, &inclusion.index, &inclusion.head.size, problem) ||
        ((media == MEDIA_TLOG_PROOF || media == MEDIA_RECEIPT) &&
         !receipts_find_head(request, &inclusion.head, inclusion.head.size, problem)))
        return false;
    send_proof(request, &inclusion);
    return true;
}
