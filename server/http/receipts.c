#include "server/http/receipts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/text.h"
#include "schemas/receipt.h"
#include "server/http/head_view.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/worker.h"
#include "server/witnessing/witnessed.h"

static const struct store_head *head_for(struct request *request)
{
    const struct witnessed_view *witnessed = request->state->awaiting.witnessed;

    return witnessed != NULL ? &witnessed->head : &request_head(request)->head;
}

bool receipts_build_newest(struct request *request, uint64_t index, struct err *err)
{
    const struct store_head *head = head_for(request);
    struct worker *worker = request->worker;
    struct proof proof;

    counter_add(&worker->state->counters.proofs[0], 1);
    if (!tlog_read_inclusion(request->service->store, &proof, index, head->size, err)) {
        counter_add(&worker->state->counters.proof_failures[0], 1);
        return false;
    }
    receipt_append_inclusion(request_body_buf(request),
                             bytes_of_buf(&request->service->receipt_protected),
                             head->receipt_signature, index, head->size, &proof);
    return true;
}

/* A failed look-up: the client gets the fixed sentence, the operator the reason. */
static bool store_failed(const struct err *err, struct problem *problem)
{
    diag_error("read-failed", "%s", err->text);
    return problem_from_err(problem, err);
}

bool receipts_find_head(struct request *request, struct store_head *out, uint64_t size,
                        struct problem *problem)
{
    const struct store_head *newest = &request_head(request)->head;
    struct err err = {0};
    char want[32];

    if (size == newest->size) {
        *out = *newest;
        return true;
    }
    if (!store_seek_head(request->service->store, out, size, &err))
        return store_failed(&err, problem);
    if (out->size == size)
        return true;
    snprintf(want, sizeof(want), "%" PRIu64, out->size);
    problem_set(problem, PROBLEM_NOT_FOUND, "No head was signed at size %" PRIu64 ".", size);
    return problem_add(problem, NULL, NULL, want);
}

/* The index by leaf hash keeps only the beginning of it. */
static bool is_entry(bool *out, struct store *store, const struct store_key *key, struct err *err)
{
    struct node_id leaf = {.level = 0, .index = key->entry_index};
    struct hash hash;

    if (!store_read_nodes(store, &hash, &leaf, 1, err))
        return false;
    *out = hash_equal(&hash, &key->hash);
    return true;
}

bool receipts_find_entry(struct request *request, uint64_t *out_index, struct problem *problem)
{
    struct store *store = request->service->store;
    struct store_key key = {.index = STORE_BY_LEAF_HASH};
    struct err err = {0};
    bool found;

    if (!text_parse_hex(key.hash.bytes, HASH_LEN, request->parameters[0]))
        return problem_set(problem, PROBLEM_LOCATOR,
                           "An entry id is the lower-case hex of 32 bytes.");
    if (!store_find(store, &key, 1, &err))
        return store_failed(&err, problem);
    found = key.entry_index != STORE_NO_INDEX &&
            key.entry_index < request_head(request)->head.size;
    if (found && !is_entry(&found, store, &key, &err))
        return store_failed(&err, problem);
    if (!found)
        return problem_set(problem, PROBLEM_NOT_FOUND, "The log has no entry with this id.");
    *out_index = key.entry_index;
    return true;
}
